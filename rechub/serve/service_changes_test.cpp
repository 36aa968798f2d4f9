// What an item's features say to the channels without a model goes with what is live of it: where a change is refused, and where changes of one item come at once.

#include <barrier>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "rechub/serve/fake_encoder.h"
#include "rechub/serve/service.h"

namespace rechub {
namespace {

using nlohmann::json;

const std::string kToken = "0123456789abcdef";
const char *const kOfKindA = R"({"features": {"kind": "a"}, "channel": "main"})", *const kOfKindB = R"({"features": {"kind": "b"}, "channel": "main"})";

// An item's vector is that of the item its kind names.
class KindEncoder : public FakeEncoder {
 public:
  using FakeEncoder::FakeEncoder;
  std::vector<float> encode_item(const json& features) const override { return features.at("kind") == "a" ? std::vector<float>{9, 0} : std::vector<float>{0, 9}; }
};

// Two bundles, main and other, and the channel content beside them.
class ServiceChangesTest : public ::testing::Test {
 protected:
  ~ServiceChangesTest() override {
    service_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::unique_ptr<Service> make() {
    ServiceOptions options;
    options.admin_token = kToken;
    options.data_dir = directory_;
    options.recall.channels = {"main", "content=0"};
    return std::make_unique<Service>(std::vector<Service::BundlePath>{{"main", "here"}, {"other", "there"}}, options, [](const std::string& directory) {
      return std::make_unique<KindEncoder>(FakeEncoder::Parts{{{'a', {1, 0}}, {'b', {0, 1}}}, {{"ann", "ab"}}, {{'a', 'a'}, {'b', 'b'}}, directory});
    });
  }
  HttpResponse ask(const char* method, const std::string& path, const std::string& body = "") { return service_->answer({method, path, "", "Bearer " + kToken, "", body}); }

  // The kind whose items bring "d", by the channel content; "" where none do.
  std::string kind_by_content() {
    std::string kinds;
    for (const char* kind : {"a", "b"}) {
      const json answer = json::parse(ask("POST", "/v1/recommend", json{{"history", {kind}}, {"k", 9}, {"channels", {"content"}}}.dump()).body);
      for (const json& item : answer["items"]) kinds += item["item"] == "d" ? kind : "";
    }
    return kinds;
  }
  // The kind that the vector of "d" is made of; "" where it is not live in main.
  std::string kind_by_model() {
    const HttpResponse response = ask("POST", "/v1/similar", R"({"item": "d", "k": 1})");
    return response.status == 404 ? "" : json::parse(response.body)["items"][0]["item"].get<std::string>();
  }

  const std::string directory_ = ::testing::TempDir() + "/service_changes_" + std::to_string(::getpid());
  std::unique_ptr<Service> service_ = make();
};

// The log may not grow while this lives, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(const std::string& file) : old_signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{std::filesystem::file_size(file), old_limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_signal_);
  }

 private:
  void (*old_signal_)(int);
  rlimit old_limit_{};
};

TEST_F(ServiceChangesTest, ARefusedChangeLeavesFeaturesAsTheyWere) {
  EXPECT_EQ(ask("PUT", "/v1/items/d", kOfKindA).status, 200);
  EXPECT_EQ(kind_by_content(), "a");
  EXPECT_EQ(ask("PUT", "/v1/items/d", R"({"vector": [1], "channel": "main"})").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/items/d", R"({"vector": [3e38, 0], "channel": "main"})").status, 400);
  {
    const FullDisk full(directory_ + "/items-main.log");
    EXPECT_EQ(ask("PUT", "/v1/items/d", kOfKindB).status, 500);
    EXPECT_EQ(ask("DELETE", "/v1/items/d").status, 500);
  }
  EXPECT_EQ(kind_by_content(), "a");
  EXPECT_EQ(kind_by_model(), "a");
  EXPECT_EQ(ask("PUT", "/v1/items/d", R"({"vector": [0, 1], "channel": "main"})").status, 200);
  EXPECT_EQ(kind_by_content(), "");
  EXPECT_EQ(ask("PUT", "/v1/items/d", kOfKindB).status, 200);
  EXPECT_EQ(kind_by_content(), "b");
  EXPECT_EQ(ask("DELETE", "/v1/items/d").status, 200);
  EXPECT_EQ(kind_by_content(), "");
}

TEST_F(ServiceChangesTest, ChangesOfOneItemAtOnceEndInOneState) {
  constexpr int kRounds = 300;
  std::barrier start(2);
  int num_left = 0, num_mixed = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::thread first([&] {
      start.arrive_and_wait();
      ask("PUT", "/v1/items/d", kOfKindA);
    });
    start.arrive_and_wait();
    round % 2 == 0 ? ask("DELETE", "/v1/items/d") : ask("PUT", "/v1/items/d", kOfKindB);
    first.join();
    const std::string model = kind_by_model();
    // Content brings what is live in any bundle: here it is, and what was left of the features shows.
    if (model.empty()) ask("PUT", "/v1/items/d", R"({"vector": [1, 1], "channel": "other"})");
    const std::string content = kind_by_content();
    num_left += model.empty() && !content.empty();
    num_mixed += !model.empty() && content != model;
  }
  EXPECT_EQ(num_left, 0);
  EXPECT_EQ(num_mixed, 0);
}

}  // namespace
}  // namespace rechub
