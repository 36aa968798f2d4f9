#include "rechub/serve/http_server.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rechub/serve/fake_encoder.h"
#include "rechub/serve/service.h"

namespace rechub {
namespace {

const std::string kToken = "0123456789abcdef";

// A connection that is kept, as one client has it.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(socket_); }

  // The status, 0 where no whole answer comes.
  int ask(const std::string& method_and_path, const std::string& body = "") {
    const std::string request = fmt::format("{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{}", method_and_path, kToken, body.size(), body);
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return 0;
    std::string answer;
    char buffer[4096];
    while (true) {
      const size_t head = answer.find("\r\n\r\n"), length = answer.find("Content-Length: ");
      if (head != std::string::npos && answer.size() >= head + 4 + std::stoul(answer.substr(length + 16))) return std::stoi(answer.substr(9, 3));
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0) return 0;
      answer.append(buffer, count);
    }
  }

 private:
  int socket_;
};

// All routes at once from several clients, changes and swaps among them: what ThreadSanitizer looks at.
TEST(HttpServer, AnswersManyClientsWhileItemsUsersAndBundlesChangeAndStopsInOrder) {
  const std::string state = fmt::format("{}/http_server_test_{}", ::testing::TempDir(), ::getpid());
  ServiceOptions options;
  options.admin_token = kToken;
  options.data_dir = state;
  options.recall.channels = {"main", "item_knn=1", "content=0"};
  const FakeEncoder::Parts parts{
      {{'a', {1, 0}}, {'b', {0, 1}}, {'c', {2, 0}}, {'d', {0, 3}}}, {{"ann", "abcd"}, {"ben", "adc"}, {"cat", "b"}}, {{'a', 'a'}, {'b', 'a'}, {'c', 'd'}}};
  Service service({{"main", "there"}}, options, [parts](const std::string&) { return std::make_unique<FakeEncoder>(parts); });
  HttpOptions http;
  http.port = 0;
  http.drain_seconds = 0.1;
  http.max_wait = 60;  // a slow disk is no overload here
  HttpServer server(
      http, 3,
      {[&](const HttpRequest& request) { return service.at_once(request); }, [&](const HttpRequest& request) { return service.answer(request); }, [&] { service.stop(); }});
  service.set_more_metrics([&] { return Metrics::line("open", "gauge", "connections", static_cast<double>(server.counts().open)); });
  const int port = server.port();
  bool has_finished = false;
  std::thread running([&] { has_finished = server.run(); });

  constexpr int kClients = 4, kTurns = 30;
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int number = 0; number < kClients; ++number) {
    clients.emplace_back([&, number] {
      Client client(port);
      const auto expect = [&](int status, const std::string& route, const std::string& body = "") {
        const int found = client.ask(route, body);
        // While bundles are swapped, changes of items are sent back, and a second reload is refused.
        const bool is_swap = (found == 503 && route.find("/v1/items/") != std::string::npos) || (found == 409 && route == "POST /v1/reload");
        EXPECT_TRUE(found == status || is_swap) << route << ": " << found;
        ++answered;
      };
      for (int turn = 0; turn < kTurns; ++turn) {
        expect(200, "POST /v1/recommend", fmt::format(R"({{"user": "{}", "k": 3}})", turn % 2 == 0 ? "ann" : "ben"));
        expect(200, "POST /v1/recommend", R"({"history": ["a", "d"], "channels": ["content"], "k": 2})");
        expect(200, "POST /v1/similar", R"({"item": "a", "k": 2})");
        expect(200, fmt::format("PUT /v1/items/new{}", number), R"({"vector": [0.5, 0.5]})");
        expect(200, "POST /v1/events", R"({"user": "ann", "item": "b"})");
        expect(200, "GET /metrics");
        expect(200, "GET /openapi.json");
        expect(200, "GET /v1/page/users?query=a");
        expect(400, "POST /v1/recommend", "{");
        if (number == 0 && turn % 10 == 5) expect(200, "POST /v1/reload");
      }
    });
  }
  for (std::thread& client : clients) client.join();
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  running.join();
  EXPECT_TRUE(has_finished);
  EXPECT_EQ(answered, kClients * kTurns * 9 + 3);
  EXPECT_EQ(server.counts().open, 0);
  std::filesystem::remove_all(state);
}

}  // namespace
}  // namespace rechub
