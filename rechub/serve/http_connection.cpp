#include "rechub/serve/http_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace rechub {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr size_t kKeptBuffer = 16384;  // bytes a connection may hold on to between requests
constexpr int64_t kLingerBytes = 1 << 22;
constexpr double kLingerSeconds = 1;

std::string text_of(beast::string_view text) { return {text.data(), text.size()}; }

// What Beast reads but we do not take: nullptr where all is well.
const char* fault_of(const http::request_header<>& header, int& status) {
  status = 400;
  if (header.version() != 11 && header.version() != 10) return "only HTTP/1.1 and HTTP/1.0 are spoken here";
  const auto target = header.target();
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7f; };
  if (target.empty() || target[0] != '/' || !std::all_of(target.begin(), target.end(), is_plain)) return "the request's target must be a path, percent-encoded";
  if (header.count(http::field::host) > 1 || (header.version() == 11 && header.count(http::field::host) == 0)) return "a request needs one Host header";
  if (header.count(http::field::content_length) > 1 || header.count(http::field::transfer_encoding) > 1) return "a request has one length";
  if (header.count(http::field::content_length) > 0 && header.count(http::field::transfer_encoding) > 0) return "a request has a Content-Length or chunks, not both";
  if (header.count(http::field::transfer_encoding) > 0 && !beast::iequals(header[http::field::transfer_encoding], "chunked")) return "chunked is the only Transfer-Encoding";
  if (header.count(http::field::authorization) > 1 || header.count(http::field::content_type) > 1) return "a header that may stand once stands twice";
  status = 415;
  if (header.count(http::field::content_encoding) > 0 && !beast::iequals(header[http::field::content_encoding], "identity")) return "bodies are taken without Content-Encoding";
  return nullptr;
}

}  // namespace

HttpConnection::HttpConnection(HttpShared& shared, asio::ip::tcp::socket socket)
    : shared_(shared), stream_(std::move(socket)), buffer_(static_cast<size_t>(shared.options.max_header + shared.options.max_body)) {
  ++shared_.open;
  beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

HttpConnection::~HttpConnection() {
  set_silent(false);
  --shared_.open;
}

void HttpConnection::set_silent(bool is_silent) {
  if (is_silent_) shared_.silent.erase(place_);
  if (is_silent) place_ = shared_.silent.insert(shared_.silent.end(), this), silent_since_ = Clock::now();
  is_silent_ = is_silent;
}

double HttpConnection::silent_seconds() const { return std::chrono::duration<double>(Clock::now() - silent_since_).count(); }

bool HttpConnection::has_unread() const {
  beast::error_code ignored;
  return stream_.socket().available(ignored) > 0;
}

void HttpConnection::expire(double seconds) { stream_.expires_after(std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000))); }

void HttpConnection::close() {
  set_silent(false);
  stream_.close();
}

void HttpConnection::wait_for_request() {
  parser_.reset();
  if (buffer_.size() > 0) return read_header();  // the next request came with the last one
  if (buffer_.capacity() > kKeptBuffer) buffer_.shrink_to_fit();
  set_silent(true);
  expire(shared_.options.idle_timeout);
  stream_.async_read_some(buffer_.prepare(512), [self = shared_from_this()](beast::error_code error, size_t bytes) {
    if (error) return self->close();
    self->buffer_.commit(bytes);
    self->read_header();
  });
}

void HttpConnection::read_header() {
  set_silent(true);  // a slow one still makes room for others, but as the newest
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(shared_.options.max_header));
  parser_->body_limit(static_cast<uint64_t>(shared_.options.max_body));
  expire(shared_.options.header_timeout);
  http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, size_t) {
    if (error) return self->refuse_unreadable(error);
    int status = 0;
    if (const char* fault = fault_of(self->parser_->get().base(), status)) return self->refuse(status, fault);
    self->expire(self->shared_.options.body_timeout);
    if (!beast::iequals(self->parser_->get()[http::field::expect], "100-continue")) return self->read_body();
    static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(self->stream_, asio::buffer(kContinue, sizeof kContinue - 1), [self](beast::error_code failed, size_t) {
      if (failed) return self->close();
      self->read_body();
    });
  });
}

void HttpConnection::read_body() {
  if (parser_->is_done()) return answer();
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, size_t) {
    if (error) return self->refuse_unreadable(error);
    self->answer();
  });
}

void HttpConnection::refuse_unreadable(const beast::error_code& error) {
  if (error == http::error::body_limit) return refuse(413, "the body is larger than this service takes");
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return refuse(431, "the header is larger than this service takes");
  const bool is_http_fault = error.category() == make_error_code(http::error::bad_version).category();
  if (!is_http_fault || error == http::error::end_of_stream || error == http::error::partial_message) return close();
  refuse(400, "this is not an HTTP request that this service reads");
}

void HttpConnection::refuse(int status, const char* message) {
  ++shared_.refused;
  write(error_response(status, message), After::kClose);
}

void HttpConnection::answer() {
  set_silent(false);
  stream_.expires_never();
  auto& message = parser_->get();
  const After after = message.keep_alive() ? After::kNextRequest : After::kClose;
  auto request = std::make_shared<HttpRequest>();
  const std::string target = text_of(message.target());
  const size_t mark = target.find('?');
  request->method = text_of(message.method_string());
  request->path = target.substr(0, mark);
  request->query = mark == std::string::npos ? "" : target.substr(mark + 1);
  request->authorization = text_of(message[http::field::authorization]);
  request->content_type = text_of(message[http::field::content_type]);
  request->body = std::move(message.body());
  if (auto response = shared_.handlers.at_once(*request)) return write(std::move(*response), after);

  const auto overloaded = [this] {
    ++shared_.overloaded;
    HttpResponse response = error_response(503, "too many requests are waiting: try again later");
    response.headers.emplace_back("Retry-After", "1");
    return response;
  };
  if (shared_.waiting >= shared_.options.max_waiting) return write(overloaded(), after);
  ++shared_.waiting;
  asio::post(*shared_.workers, [self = shared_from_this(), request, after, overloaded, came = Clock::now()] {
    const bool is_late = std::chrono::duration<double>(Clock::now() - came).count() > self->shared_.options.max_wait;
    auto response = std::make_shared<HttpResponse>(is_late ? overloaded() : self->shared_.handlers.worker(*request));
    // The connections' thread alone may drop the last reference to a connection.
    asio::post(self->shared_.io, [self, response, after] {
      --self->shared_.waiting;
      self->write(std::move(*response), after);
    });
  });
}

void HttpConnection::write(HttpResponse response, After after) {
  set_silent(false);
  if (shared_.is_draining) after = After::kClose;
  auto message = std::make_shared<http::response<http::string_body>>(static_cast<http::status>(response.status), 11);
  message->set(http::field::content_type, response.content_type);
  message->set("X-Content-Type-Options", "nosniff");
  message->set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) message->set(name, value);
  message->body() = std::move(response.body);
  message->keep_alive(after == After::kNextRequest);
  message->prepare_payload();
  // An answer to HEAD has GET's length and no body: on a connection that is kept, the client would take one for its next answer.
  if (parser_ && parser_->get().method() == http::verb::head) message->body().clear();
  expire(shared_.options.body_timeout);
  http::async_write(stream_, *message, [self = shared_from_this(), message, after](beast::error_code error, size_t) {
    if (error) return self->close();
    if (after == After::kNextRequest) return self->wait_for_request();
    self->linger();
  });
}

// Closing while the client still sends would reset the connection, and it might not see the answer: what comes is thrown away for a moment.
void HttpConnection::linger() {
  beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (lingered_ == 0) {
    set_silent(true);
    expire(kLingerSeconds);
  }
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(std::min<size_t>(4096, buffer_.max_size())), [self = shared_from_this()](beast::error_code error, size_t bytes) {
    self->lingered_ += static_cast<int64_t>(bytes);
    if (error || self->lingered_ > kLingerBytes) return self->close();
    self->linger();
  });
}

}  // namespace rechub
