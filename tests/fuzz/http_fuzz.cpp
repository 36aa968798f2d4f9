#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzzed_bundle.h"
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "rechub/serve/http_connection.h"
#include "rechub/serve/service.h"

namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

const std::string kToken = "0123456789abcdef";

rechub::Service& service() {
  static rechub::Service made = [] {
    rechub::ServiceOptions options;
    options.admin_token = kToken;
    options.recall.channels = {"main", "item_knn=1", "content=1", "popularity=0"};
    options.recall.fusion = "calibrated";
    return rechub::Service({{"main", "there"}}, options, [](const std::string&) { return std::make_unique<rechub::FakeEncoder>(fuzzed_bundle()); });
  }();
  return made;
}

// The other end: sends the input, then nothing more, and takes what comes back.
struct Client {
  Client(asio::io_context& io, std::string_view input) : socket(io), input(input) {}
  void start() {
    asio::async_write(socket, asio::buffer(input), [this](boost::system::error_code, size_t) {
      boost::system::error_code ignored;
      socket.shutdown(Local::socket::shutdown_send, ignored);
    });
    read();
  }
  void read() {
    socket.async_read_some(asio::buffer(chunk), [this](boost::system::error_code error, size_t bytes) {
      received.append(chunk.data(), bytes);
      if (!error) read();
    });
  }

  Local::socket socket;
  std::string_view input;
  std::array<char, 16384> chunk{};
  std::string received;
};

}  // namespace

// Any bytes on a connection: whatever is answered is HTTP, no answer is a fault of ours (500), the connection ends when the client does, and nothing of it is left. Requests are
// answered on the connections' thread, so that a find can be repeated.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rechub::HttpShared shared;
  shared.options.max_body = 4096;
  shared.options.max_header = 1024;
  shared.handlers.at_once = [](const rechub::HttpRequest& request) -> std::optional<rechub::HttpResponse> {
    auto response = service().at_once(request);
    if (!response) response = service().answer(request);
    if (response->status == 500) __builtin_trap();
    return response;
  };
  Client client(shared.io, {reinterpret_cast<const char*>(data), size});
  Local::socket server(shared.io);
  asio::local::connect_pair(client.socket, server);
  asio::ip::tcp::socket taken(shared.io);
  taken.assign(asio::ip::tcp::v4(), server.release());
  std::make_shared<rechub::HttpConnection>(shared, std::move(taken))->start();
  client.start();
  shared.io.run();
  if (shared.open != 0 || !shared.silent.empty()) __builtin_trap();
  if (!client.received.empty() && !client.received.starts_with("HTTP/1.1 ")) __builtin_trap();
  return 0;
}
