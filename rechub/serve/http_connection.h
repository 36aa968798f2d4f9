#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "rechub/serve/http_server.h"

// Included by http_server.cpp and http_connection.cpp alone: Boost's headers are slow to compile.
namespace rechub {

class HttpConnection;

// What connections share. Lives as long as the server; all but the counts and `workers` belongs to the connections' thread.
struct HttpShared {
  HttpOptions options;
  HttpServer::Handlers handlers;
  std::atomic<int64_t> accepted{0}, open{0}, evicted{0}, refused{0}, overloaded{0}, waiting{0};
  bool is_draining = false;
  std::list<HttpConnection*> silent;  // connections that nothing is answered on, the longest silent first
  boost::asio::io_context io{1};      // holds connections, which use what stands above
  std::optional<boost::asio::thread_pool> workers;
};

// One client: reads a request, has it answered, writes, and so on. Keeps itself alive while an operation is under way.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpShared& shared, boost::asio::ip::tcp::socket socket);
  ~HttpConnection();
  void start() { wait_for_request(); }
  void close();                   // at once
  double silent_seconds() const;  // since nothing is answered here
  bool has_unread() const;        // bytes have come that nobody looked at yet

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class After { kNextRequest, kClose };

  void wait_for_request();
  void read_header();
  void read_body();
  void refuse(int status, const char* message);
  void refuse_unreadable(const boost::beast::error_code& error);
  void answer();
  void write(HttpResponse response, After after);
  void linger();
  void set_silent(bool is_silent);
  void expire(double seconds);

  HttpShared& shared_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::list<HttpConnection*>::iterator place_;  // in shared_.silent, where is_silent_
  bool is_silent_ = false;
  std::chrono::steady_clock::time_point silent_since_;
  int64_t lingered_ = 0;
};

}  // namespace rechub
