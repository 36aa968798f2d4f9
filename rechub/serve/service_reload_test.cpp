// Bundles opened anew while items change and requests are answered, and reloads that fail.

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/serve/fake_encoder.h"
#include "rechub/serve/service.h"

namespace rechub {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

const std::string kToken = "0123456789abcdef";

FakeEncoder::Parts parts_of(const std::string& space) { return {{{'a', {1, 0}}, {'b', {0, 1}}, {'c', {1, 0}}}, {{"ann", "ab"}, {"ben", "a"}}, {}, space}; }

// Calls `before` when it is to encode an item.
class WatchedEncoder : public FakeEncoder {
 public:
  WatchedEncoder(const Parts& parts, std::function<void()> before) : FakeEncoder(parts), before_(std::move(before)) {}
  std::vector<float> encode_item(const json& features) const override {
    before_();
    return FakeEncoder::encode_item(features);
  }

 private:
  std::function<void()> before_;
};

class ServiceReloadTest : public ::testing::Test {
 protected:
  ~ServiceReloadTest() override {
    service_.reset();
    std::filesystem::remove_all(directory_);
  }
  void start(const std::string& experiments = "") {
    ServiceOptions options;
    options.admin_token = kToken;
    options.data_dir = directory_;
    options.experiments = Experiments::parse(experiments, "here");
    service_ = std::make_unique<Service>(std::vector<Service::BundlePath>{{"main", "there"}}, options, [this](const std::string&) { return open_(); });
  }
  HttpResponse ask(const char* method, const std::string& path, const std::string& body = "") {
    const HttpRequest request{method, path, "", "Bearer " + kToken, "", body};
    if (auto response = service_->at_once(request)) return *response;
    return service_->answer(request);
  }
  std::string items() {
    std::string found;
    const json answer = json::parse(ask("POST", "/v1/recommend", R"({"history": ["a"], "k": 9})").body);
    for (const json& item : answer["items"]) found += item["item"].get<std::string>();
    return found;
  }

  const std::string directory_ = ::testing::TempDir() + "/service_reload_" + std::to_string(::getpid());
  std::function<std::unique_ptr<Encoder>()> open_ = [] { return std::make_unique<FakeEncoder>(parts_of("main")); };
  std::unique_ptr<Service> service_;
};

// The items' version must go on from where it was, else answers that were kept would be taken for newer than they are.
TEST_F(ServiceReloadTest, OneThatFailsLateLeavesItemsAndAnswersAlone) {
  start();
  ask("PUT", "/v1/items/d", R"({"features": {"vector": [9, 0]}})");
  EXPECT_EQ(items(), "dcb");
  open_ = [] { return std::make_unique<WatchedEncoder>(parts_of("another"), [] { throw std::runtime_error("broken"); }); };
  EXPECT_EQ(ask("POST", "/v1/reload").status, 500);
  EXPECT_EQ(ask("DELETE", "/v1/items/d").status, 200);
  EXPECT_EQ(items(), "cb");
}

TEST_F(ServiceReloadTest, ChangesWhileItemsAreEncodedAnewAreTakenAndCarriedOver) {
  start();
  ask("PUT", "/v1/items/d", R"({"features": {"vector": [9, 0]}})");
  ask("PUT", "/v1/items/e", R"({"features": {"vector": [8, 0]}})");
  std::promise<void> begun, released;
  std::atomic<bool> is_first = true;
  open_ = [&] {
    return std::make_unique<WatchedEncoder>(parts_of("another"), [&] {
      if (!is_first.exchange(false)) return;
      begun.set_value();
      released.get_future().wait();
    });
  };
  auto reload = std::async(std::launch::async, [this] { return ask("POST", "/v1/reload").status; });
  begun.get_future().wait();
  EXPECT_EQ(ask("PUT", "/v1/items/f", R"({"features": {"vector": [7, 0]}})").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/items/d").status, 200);
  EXPECT_EQ(items(), "efcb");
  released.set_value();
  EXPECT_EQ(reload.get(), 200);
  EXPECT_EQ(items(), "efcb");
}

TEST_F(ServiceReloadTest, ChangesThatOverlapDoNotHoldItUp) {
  start();
  std::atomic<bool> is_done = false;
  std::vector<std::thread> writers;
  const auto end = Clock::now() + std::chrono::seconds(60);
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      while (!is_done && Clock::now() < end) ask("PUT", "/v1/items/w" + std::to_string(w), R"({"features": {"vector": [7, 0]}})");
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("POST", "/v1/reload").status, 200);
  const bool is_in_time = Clock::now() < end;
  is_done = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(is_in_time);
}

TEST_F(ServiceReloadTest, ABundleThatAnArmCannotUseIsRefused) {
  start("[[experiment]]\nname = 'x'\n[[experiment.arm]]\nname = 'a'\n[[experiment.arm]]\nname = 'b'\nsettings = { diversity = { weight = 0.5, feature = 'kind' } }\n");
  open_ = [] {
    FakeEncoder::Parts parts = parts_of("main");
    parts.feature = "sort";
    return std::make_unique<FakeEncoder>(parts);
  };
  const HttpResponse refused = ask("POST", "/v1/reload");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("experiment x, arm b"));
  EXPECT_EQ(ask("POST", "/v1/recommend", R"({"user": "ann", "arms": {"x": "b"}})").status, 200);
}

TEST_F(ServiceReloadTest, TwoBundlesOfOneNameAreNamed) {
  ServiceOptions options;
  options.data_dir = directory_;
  try {
    Service({{"main", "here"}, {"main", "there"}}, options, [this](const std::string&) { return open_(); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("two bundles are named 'main'"));
  }
}

}  // namespace
}  // namespace rechub
