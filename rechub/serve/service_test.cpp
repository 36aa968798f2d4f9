#include "rechub/serve/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/serve/fake_encoder.h"

namespace rechub {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string kToken = "0123456789abcdef";

// A service over one fake bundle whose opening can be made to fail.
class ServiceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Encoder> open(const std::string& directory) {
    if (!fault_.empty()) throw Error(ErrorKind::kData, directory + fault_);
    return std::make_unique<FakeEncoder>(FakeEncoder::Parts{{{'a', {1, 0}}, {'b', {0, 1}}, {'c', {sign_, 0}}}, {{"ann", "ab"}, {"ben", "a"}}});
  }
  HttpResponse ask(const char* method, const char* path, const std::string& body = "", const std::string& authorization = "", const std::string& type = "") {
    const HttpRequest request{method, path, "", authorization, type, body};
    if (auto response = service_.at_once(request)) return *response;
    return service_.answer(request);
  }

  std::string fault_;
  float sign_ = 1;
  Service service_{{{"main", "there"}}, {{}, {}, kToken}, [this](const std::string& directory) { return open(directory); }};
};

TEST_F(ServiceTest, AnswersWhatRecallSays) {
  const HttpResponse response = ask("POST", "/v1/recommend", R"({"history": ["a"], "k": 2, "deny": ["x"], "labels": true})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"items": [{"item": "c", "score": 1.0, "channels": ["main"], "label": ""}, {"item": "b", "score": 0.0, "channels": ["main"],
    "label": ""}], "fallback": null, "unknown": {"history": 0, "allow": 0, "deny": 1}, "version": 1})"));
  const HttpResponse stranger = ask("POST", "/v1/recommend", R"({"user": "zoe", "k": 1})");
  EXPECT_EQ(json::parse(stranger.body)["fallback"], json::parse(R"({"channel": "popularity", "reason": "unknown user"})"));
}

TEST_F(ServiceTest, RoutesByPathAndMethod) {
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  const HttpResponse response = ask("DELETE", "/v1/recommend");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers[0].second, "POST");
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
  EXPECT_EQ(json::parse(ask("GET", "/openapi.json").body)["openapi"], "3.1.0");
}

TEST_F(ServiceTest, ErrorsHaveStatusAndWords) {
  const HttpResponse response = ask("POST", "/v1/recommend", R"({"k": 0})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(json::parse(response.body)["error"]["status"], 400);
  EXPECT_EQ(ask("POST", "/v1/similar", R"({"item": "x"})").status, 404);
  EXPECT_EQ(ask("POST", "/v1/recommend", "{}", "", "text/plain").status, 415);
  EXPECT_EQ(ask("POST", "/v1/recommend", "{}", "", "Application/JSON ; charset=utf-8").status, 200);
}

TEST_F(ServiceTest, AdminRoutesNeedTheToken) {
  for (const std::string& wrong : std::vector<std::string>{"", "Bearer", "Bearer " + kToken + "x", "Bearer 0123456789abcdeg", "bearer" + kToken, kToken}) {
    const HttpResponse response = ask("POST", "/v1/reload", "", wrong);
    EXPECT_EQ(response.status, 401) << wrong;
    EXPECT_THAT(response.body, ::testing::Not(HasSubstr(kToken)));
  }
  EXPECT_EQ(ask("POST", "/v1/reload", "", "Bearer " + kToken).status, 200);
  Service without({{"main", "there"}}, {}, [this](const std::string& directory) { return open(directory); });
  EXPECT_EQ(without.answer({"POST", "/v1/reload", "", "Bearer ", "", ""}).status, 404);
}

TEST_F(ServiceTest, ReloadSwapsOrKeepsWhatWasThere) {
  const auto best = [this] { return json::parse(ask("POST", "/v1/recommend", R"({"history": ["a"], "k": 1})").body)["items"][0]["item"]; };
  EXPECT_EQ(best(), "c");
  fault_ = "/weights.safetensors: truncated";
  sign_ = -1;
  const HttpResponse refused = ask("POST", "/v1/reload", "{}", "Bearer " + kToken);
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body, HasSubstr("truncated"));
  EXPECT_EQ(best(), "c");
  fault_ = "";
  EXPECT_EQ(json::parse(ask("POST", "/v1/reload", "", "Bearer " + kToken).body)["version"], 2);
  EXPECT_EQ(best(), "b");
}

TEST_F(ServiceTest, ReadinessEndsWithStop) {
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  service_.stop();
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
}

TEST_F(ServiceTest, MetricsCountAnswersAndChannels) {
  ask("POST", "/v1/recommend", R"({"history": ["a"], "k": 2})");
  ask("POST", "/v1/recommend", "nonsense");
  const std::string text = ask("GET", "/metrics").body;
  EXPECT_THAT(text, HasSubstr("rechub_answers_total{route=\"/v1/recommend\",status=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rechub_answers_total{route=\"/v1/recommend\",status=\"400\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rechub_answer_seconds_count{route=\"/v1/recommend\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("rechub_recalled_items_total{channel=\"main\"} 2\n"));
}

}  // namespace
}  // namespace rechub
