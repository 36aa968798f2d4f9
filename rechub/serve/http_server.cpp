#include "rechub/serve/http_server.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/resource.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/serve/http_connection.h"

namespace rechub {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

constexpr double kGraceSeconds = 0.25;  // in which a connection's request is to come while the server stops
constexpr int64_t kOtherFiles = 64;     // open files that are no connections

// As many connections as this process may have open files.
int64_t allowed_connections(int64_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur != RLIM_INFINITY && static_cast<int64_t>(limit.rlim_cur) < wanted + kOtherFiles) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, static_cast<rlim_t>(wanted + kOtherFiles));
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  const int64_t allowed = limit.rlim_cur == RLIM_INFINITY ? wanted : std::max<int64_t>(1, static_cast<int64_t>(limit.rlim_cur) - kOtherFiles);
  if (allowed < wanted) log_warning("this process may have {} files open, so at most {} connections (max_connections is {})", limit.rlim_cur, allowed, wanted);
  return std::min(allowed, wanted);
}

std::chrono::milliseconds milliseconds(double seconds) { return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)); }

}  // namespace

struct HttpServer::State {
  HttpShared shared;
  int num_workers = 1;
  Tcp::acceptor acceptor{shared.io};
  asio::signal_set signals{shared.io};
  asio::steady_timer timer{shared.io}, pause{shared.io};
  std::chrono::steady_clock::time_point give_up;
  bool has_finished = true;

  void accept() {
    acceptor.async_accept([this](beast::error_code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {  // no files left, as a rule: the longest silent connection goes
        make_room();
        pause.expires_after(std::chrono::milliseconds(20));
        pause.async_wait([this](beast::error_code) {
          if (acceptor.is_open()) accept();
        });
        return;
      }
      ++shared.accepted;
      const bool is_full = shared.open >= shared.options.max_connections;
      const bool has_room = !is_full || make_room();
      if (has_room) std::make_shared<HttpConnection>(shared, std::move(socket))->start();
      if (acceptor.is_open()) accept();
    });
  }

  bool make_room() {
    if (shared.silent.empty()) return false;
    ++shared.evicted;
    shared.silent.front()->close();
    return true;
  }

  void begin_stop() {
    if (shared.is_draining) return;
    shared.is_draining = true;
    shared.handlers.on_stop();
    give_up = std::chrono::steady_clock::now() + milliseconds(shared.options.stop_seconds);
    timer.expires_after(milliseconds(shared.options.drain_seconds));
    timer.async_wait([this](beast::error_code) {
      stop_accepting();
      finish();
    });
  }

  // Closing resets the connections that wait to be accepted, so these are taken first.
  void stop_accepting() {
    beast::error_code error;
    acceptor.cancel(error);
    acceptor.non_blocking(true, error);
    while (!error) {
      Tcp::socket socket(shared.io);
      acceptor.accept(socket, error);
      if (!error) std::make_shared<HttpConnection>(shared, std::move(socket))->start();
    }
    acceptor.close(error);
  }

  // Silent connections are closed when their request would have come, those that are answered are waited for. One whose request lies there unread is left to be answered: closing
  // it now would reset it.
  void finish() {
    const bool is_late = std::chrono::steady_clock::now() >= give_up;
    const auto may_close = [](const HttpConnection& connection) { return connection.silent_seconds() > kGraceSeconds && !connection.has_unread(); };
    while (!shared.silent.empty() && (is_late || may_close(*shared.silent.front()))) shared.silent.front()->close();
    if (shared.open == 0 || is_late) {
      has_finished = !is_late;
      shared.io.stop();
      return;
    }
    timer.expires_after(std::chrono::milliseconds(10));
    timer.async_wait([this](beast::error_code) { finish(); });
  }
};

HttpServer::HttpServer(const HttpOptions& options, int num_workers, Handlers handlers) : state_(std::make_unique<State>()) {
  options.validate();
  state_->shared.options = options;
  state_->shared.options.max_connections = allowed_connections(options.max_connections);
  state_->shared.handlers = std::move(handlers);
  state_->num_workers = num_workers;
  beast::error_code error;
  const auto address = asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, error);
  check(!error, ErrorKind::kUsage, "host must be an IP address, as 127.0.0.1 or ::1, or localhost, got '{}'", options.host);
  const Tcp::endpoint endpoint(address, static_cast<uint16_t>(options.port));
  Tcp::acceptor& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  check(!error, ErrorKind::kUsage, "cannot listen on {} port {}: {}", options.host, options.port, error.message());
}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

bool HttpServer::run() {
  HttpShared& shared = state_->shared;
  shared.workers.emplace(static_cast<size_t>(state_->num_workers));
  state_->signals.add(SIGTERM);
  state_->signals.add(SIGINT);
  state_->signals.async_wait([this](beast::error_code error, int) {
    if (!error) state_->begin_stop();
  });
  state_->accept();
  shared.io.run();
  if (state_->has_finished) shared.workers->join();
  return state_->has_finished;
}

HttpCounts HttpServer::counts() const {
  const HttpShared& shared = state_->shared;
  return {shared.accepted, shared.open, shared.evicted, shared.refused, shared.overloaded, shared.waiting};
}

}  // namespace rechub
