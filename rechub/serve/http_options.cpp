#include "rechub/base/error.h"
#include "rechub/serve/http_server.h"

namespace rechub {
namespace {

void check_range(const char* name, double value, double low, double high) {
  check(value >= low && value <= high, ErrorKind::kUsage, "{} must be from {} to {}, got {}", name, low, high, value);
}

}  // namespace

void HttpOptions::describe(OptionVisitor& visitor) {
  visitor.field("host", host, "address to listen on; 0.0.0.0 is all of this machine's");
  visitor.field("port", port, "port to listen on; 0 takes a free one, which is printed");
  visitor.field("max_body", max_body, "bytes of a request's body, more is refused with 413");
  visitor.field("max_header", max_header, "bytes of a request's header, more is refused with 431");
  visitor.field("max_connections", max_connections, "open connections; a further one takes the place of the one that is silent the longest");
  visitor.field("max_waiting", max_waiting, "requests that wait or run, more are refused with 503");
  visitor.field("max_wait", max_wait, "seconds a request may wait for a worker, then it is refused with 503");
  visitor.field("header_timeout", header_timeout, "seconds in which a header must have come");
  visitor.field("body_timeout", body_timeout, "seconds in which a body must have come, and an answer be taken");
  visitor.field("idle_timeout", idle_timeout, "seconds a connection may be silent between requests");
  visitor.field("drain_seconds", drain_seconds, "seconds after SIGTERM in which new requests are still answered");
  visitor.field("stop_seconds", stop_seconds, "seconds after SIGTERM when requests that still run are given up");
}

void HttpOptions::validate() const {
  check_range("port", static_cast<double>(port), 0, 65535);
  check_range("max_body", static_cast<double>(max_body), 1, 1 << 30);
  check_range("max_header", static_cast<double>(max_header), 256, 1 << 20);
  check_range("max_connections", static_cast<double>(max_connections), 1, 1000000);
  check_range("max_waiting", static_cast<double>(max_waiting), 1, 1000000);
  check_range("max_wait", max_wait, 0.001, 3600);
  check_range("header_timeout", header_timeout, 0.1, 3600);
  check_range("body_timeout", body_timeout, 0.1, 3600);
  check_range("idle_timeout", idle_timeout, 0.1, 86400);
  check_range("stop_seconds", stop_seconds, 0.1, 3600);
  check_range("drain_seconds", drain_seconds, 0, stop_seconds);
}

}  // namespace rechub
