#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "rechub/base/options.h"
#include "rechub/serve/http_message.h"

namespace rechub {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int64_t port = 8080;
  int64_t max_body = 1 << 20;
  int64_t max_header = 8192;
  int64_t max_connections = 4096;
  int64_t max_waiting = 256;
  double max_wait = 1;
  double header_timeout = 5;
  double body_timeout = 10;
  double idle_timeout = 60;
  double drain_seconds = 1;
  double stop_seconds = 9;
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage, naming the field
};

// What the server has seen; all but `open` and `waiting` only grow.
struct HttpCounts {
  int64_t accepted = 0, open = 0, evicted = 0;  // connections
  int64_t refused = 0;                          // requests that are no HTTP of ours: 400, 413, 415, 431
  int64_t overloaded = 0;                       // requests answered 503
  int64_t waiting = 0;                          // requests that wait for a worker or run
};

// HTTP/1.1 on Boost.Beast: one thread reads and writes all connections, `num_workers` threads answer. Every limit is refused with a status and a text of ours, then the connection
// is closed. HEAD is handed to the handlers as it is, and of their answer the header alone is sent:
//
//   header and body too large: 431, 413      not HTTP as we read it (two lengths, a length beside chunks, no Host, ...), a coded body: 400, 415
//   too many requests waiting, or waited too long: 503 with Retry-After; what does not get in costs no work
//   too many connections: the one that has been silent or slow the longest is closed in favour of the new one
//
// SIGTERM and SIGINT: `on_stop`, then for drain_seconds all goes on with "Connection: close", so that who balances the load sees it; then nothing new is taken, what runs is
// finished, and after stop_seconds altogether the rest is given up.
class HttpServer {
 public:
  struct Handlers {
    std::function<std::optional<HttpResponse>(const HttpRequest&)> at_once;  // on the connections' thread: answers in microseconds, or nothing
    std::function<HttpResponse(const HttpRequest&)> worker;                  // on one of the workers; must not throw
    std::function<void()> on_stop;
  };
  // Binds; throws kUsage where it cannot.
  HttpServer(const HttpOptions& options, int num_workers, Handlers handlers);
  ~HttpServer();

  int port() const;  // the one that was bound, also for port 0
  bool run();        // until a signal; false where requests were given up
  HttpCounts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rechub
