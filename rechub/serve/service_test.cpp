#include "rechub/serve/service.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/serve/fake_encoder.h"

namespace rechub {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string kToken = "0123456789abcdef";

ServiceOptions with_token() {
  ServiceOptions options;
  options.admin_token = kToken;
  return options;
}

// A service over one fake bundle whose opening can be made to fail.
class ServiceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Encoder> open(const std::string& directory) {
    if (!fault_.empty()) throw Error(ErrorKind::kData, directory + fault_);
    return std::make_unique<FakeEncoder>(FakeEncoder::Parts{{{'a', {1, 0}}, {'b', {0, 1}}, {'c', {sign_, 0}}}, {{"ann", "ab"}, {"ben", "a"}}, {}, space_, "kind", nullptr, times_});
  }
  HttpResponse ask(const char* method, const char* path, const std::string& body = "", const std::string& authorization = "", const std::string& type = "") {
    const HttpRequest request{method, path, "", authorization, type, body};
    if (auto response = service_.at_once(request)) return *response;
    return service_.answer(request);
  }

  std::string fault_;
  float sign_ = 1;
  std::string space_ = "main";
  std::map<std::string, std::vector<int64_t>> times_;
  Service service_{{{"main", "there"}}, with_token(), [this](const std::string& directory) { return open(directory); }};
};

TEST_F(ServiceTest, AnswersWhatRecallSays) {
  const HttpResponse response = ask("POST", "/v1/recommend", R"({"history": ["a"], "k": 2, "deny": ["x"], "labels": true})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"items": [{"item": "c", "score": 1.0, "channels": ["main"], "label": ""}, {"item": "b", "score": 0.0, "channels": ["main"],
    "label": ""}], "fallback": null, "no_history": null, "unknown": {"history": 0, "allow": 0, "deny": 1, "features": []}, "version": 1, "arms": {}})"));
  const HttpResponse stranger = ask("POST", "/v1/recommend", R"({"user": "zoe", "k": 1})");
  EXPECT_EQ(json::parse(stranger.body)["fallback"], json::parse(R"({"channel": "popularity", "reason": "unknown user"})"));
}

TEST_F(ServiceTest, RoutesByPathAndMethod) {
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  const HttpResponse response = ask("DELETE", "/v1/recommend");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers[0].second, "POST");
  EXPECT_EQ(ask("HEAD", "/v1/recommend").status, 405);
  EXPECT_EQ(ask("POST", "/healthz").headers[0].second, "GET, HEAD");
  EXPECT_EQ(ask("HEAD", "/healthz").body, ask("GET", "/healthz").body) << "the connection sends the header alone";
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

TEST_F(ServiceTest, RoutesThatKeepChangesAreOffWithoutAPlaceForThem) {
  EXPECT_EQ(ask("PUT", "/v1/items/x", R"({"vector": [1, 1]})", "Bearer " + kToken).status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/items/a", "", "Bearer " + kToken).status, 404);
  EXPECT_EQ(ask("POST", "/v1/events", R"({"user": 1, "item": "a"})", "Bearer " + kToken).status, 404);
}

TEST_F(ServiceTest, ThePageLoadsNothingFromElsewhereAndCanBeOff) {
  const HttpResponse page = ask("GET", "/");
  EXPECT_EQ(page.headers[0].first, std::string("Content-Security-Policy"));
  EXPECT_THAT(page.headers[0].second, HasSubstr("default-src 'none'"));
  for (const char* path : {"/", "/page.css", "/page.js"}) EXPECT_THAT(ask("GET", path).body, ::testing::Not(HasSubstr("://"))) << path;
  ServiceOptions options;
  options.page = false;
  Service without({{"main", "there"}}, options, [this](const std::string& directory) { return open(directory); });
  EXPECT_EQ(without.at_once({"GET", "/", "", "", "", ""})->status, 404);
}

// With changes kept in a directory, and two arms.
class KeepingServiceTest : public ServiceTest {
 protected:
  KeepingServiceTest() { restart(); }
  ~KeepingServiceTest() override {
    keeping_.reset();
    std::filesystem::remove_all(directory_);
  }
  void restart() {
    keeping_.reset();
    ServiceOptions options = with_token();
    options.data_dir = directory_;
    options.recall.channels = {"main", "popularity=0"};
    options.experiments = Experiments::parse(
        "[[experiment]]\nname = 'way'\n[[experiment.arm]]\nname = 'model'\n[[experiment.arm]]\nname = 'popular'\nsettings = { channels = ['popularity'] }\n", "here");
    keeping_ = std::make_unique<Service>(std::vector<Service::BundlePath>{{"main", "there"}}, options, [this](const std::string& directory) { return open(directory); });
  }
  HttpResponse ask(const char* method, const std::string& path, const std::string& body = "", bool is_admin = true, const std::string& query = "") {
    const HttpRequest request{method, path, query, is_admin ? "Bearer " + kToken : "", "", body};
    if (auto response = keeping_->at_once(request)) return *response;
    return keeping_->answer(request);
  }
  std::string items(const std::string& body) {
    std::string found;
    const json answer = json::parse(ask("POST", "/v1/recommend", body).body);
    for (const json& item : answer["items"]) found += item["item"].get<std::string>();
    return found;
  }

  const std::string directory_ = ::testing::TempDir() + "/keeping_service_" + std::to_string(::getpid());
  std::unique_ptr<Service> keeping_;
};

TEST_F(KeepingServiceTest, ItemsComeAndGoAtOnceAndStayOverARestart) {
  const std::string body = R"({"history": ["a"], "k": 9})";
  EXPECT_EQ(items(body), "cb");
  EXPECT_EQ(ask("PUT", "/v1/items/new%20one", R"({"vector": [5, 0]})").status, 200);
  EXPECT_EQ(items(body), "new onecb");
  EXPECT_EQ(ask("PUT", "/v1/items/d", R"({"features": {"vector": [-1, 0]}})").status, 200);
  EXPECT_EQ(json::parse(ask("DELETE", "/v1/items/c").body)["channels"], json::array({"main"}));
  EXPECT_EQ(items(body), "new onebd");
  EXPECT_EQ(ask("DELETE", "/v1/items/c").status, 404);
  EXPECT_EQ(items(R"({"k": 9})"), "ab");  // what is popular is live, too
  restart();
  EXPECT_EQ(items(body), "new onebd");
  EXPECT_EQ(ask("PUT", "/v1/items/e", R"({"vector": [1]})").status, 400);
  EXPECT_THAT(ask("PUT", "/v1/items/e", R"({"vector": [3e38, 0]})").body, HasSubstr("length"));
  EXPECT_EQ(ask("PUT", "/v1/items/e", R"({"features": {"vector": [0, -2e15]}})").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/items/e", R"({"vector": [9e14, 0]})").status, 200);
  EXPECT_TRUE(json::parse(ask("POST", "/v1/similar", R"({"item": "e", "k": 9})").body)["items"][0]["score"].is_number());
  EXPECT_EQ(json::parse(ask("POST", "/v1/recommend", R"({"history": ["a"], "k": 1})").body)["items"][0]["item"], "e");
  EXPECT_EQ(ask("PUT", "/v1/items/e", R"({"vector": [1, 1]})", false).status, 401);
}

TEST_F(KeepingServiceTest, AReloadKeepsChangesAndMakesVectorsAnew) {
  ask("PUT", "/v1/items/d", R"({"features": {"vector": [9, 0]}})");
  ask("PUT", "/v1/items/e", R"({"vector": [8, 0]})");
  ask("DELETE", "/v1/items/b");
  space_ = "another";
  EXPECT_EQ(ask("POST", "/v1/reload").status, 200);
  EXPECT_EQ(items(R"({"history": ["a"], "k": 9})"), "dc");  // e's bare vector is of another space
  fault_ = "broken";
  EXPECT_EQ(ask("POST", "/v1/reload").status, 409);
  EXPECT_EQ(items(R"({"history": ["a"], "k": 9})"), "dc");
}

TEST_F(KeepingServiceTest, HistoriesMoveOnAtOnceAndStayOverARestart) {
  const std::string body = R"({"user": "zoe", "k": 2, "arms": {"way": "model"}})";
  EXPECT_EQ(json::parse(ask("POST", "/v1/recommend", body).body)["fallback"]["reason"], "unknown user");
  EXPECT_EQ(json::parse(ask("POST", "/v1/events", R"({"user": "zoe", "item": "a"})").body)["events"], 1);
  EXPECT_EQ(items(body), "cb");
  ask("POST", "/v1/events", R"({"events": [{"user": "ann", "item": "c"}, {"user": "zoe", "item": "unheard of"}]})");
  EXPECT_EQ(items(R"({"user": "ann", "k": 2, "arms": {"way": "model"}})"), "");  // a, b and now c
  restart();
  EXPECT_EQ(items(body), "cb");
  EXPECT_EQ(ask("POST", "/v1/events", R"({"user": "zoe", "item": "a"})", false).status, 401);
}

// ben's last event in the data is of time 50, that of ann far in the future.
TEST_F(KeepingServiceTest, EventsUpToAUsersOwnLastOneAreKnownAndCountedSo) {
  times_ = {{"ann", {40, 4'000'000'000}}, {"ben", {50}}};
  restart();
  const auto told = [&](const std::string& user, int64_t time) { return json::parse(ask("POST", "/v1/events", json{{"user", user}, {"item", "c"}, {"time", time}}.dump()).body); };
  const auto seen = [&](const std::string& user) { return json::parse(ask("GET", "/v1/page/history", "", false, "query=" + user).body)["count"]; };
  EXPECT_EQ(told("ben", 50), (json{{"events", 1}, {"known", 1}}));
  EXPECT_EQ(seen("ben"), 1);
  EXPECT_EQ(told("ben", 51), (json{{"events", 1}, {"known", 0}}));
  EXPECT_EQ(seen("ben"), 2);
  EXPECT_EQ(told("zoe", 3), (json{{"events", 1}, {"known", 0}}));
  EXPECT_EQ(seen("zoe"), 1);
  EXPECT_EQ(told("ann", 2'000'000'000)["known"], 1);
  times_["ben"] = {60};
  EXPECT_EQ(ask("POST", "/v1/reload").status, 200);
  EXPECT_EQ(seen("ben"), 1) << "newer data has the event";
  times_["ben"] = {45};
  EXPECT_EQ(ask("POST", "/v1/reload").status, 200);
  EXPECT_EQ(seen("ben"), 3) << "events stay where the data goes back";
}

TEST_F(KeepingServiceTest, KeptAnswersAreThoseMadeAnewAndNeverStale) {
  const std::string body = R"({"user": "ben", "k": 2, "arms": {"way": "model"}})";
  const auto cache = [&] { return ask("POST", "/v1/recommend", body).headers.at(0).second; };
  const std::string made = ask("POST", "/v1/recommend", body).body;
  EXPECT_EQ(ask("POST", "/v1/recommend", body).body, made);
  EXPECT_EQ(cache(), "hit");
  ask("POST", "/v1/events", R"({"user": "ben", "item": "c"})");
  EXPECT_EQ(cache(), "miss");
  EXPECT_EQ(cache(), "hit");
  ask("POST", "/v1/events", R"({"user": "somebody else", "item": "c"})");
  EXPECT_EQ(cache(), "hit");
  ask("PUT", "/v1/items/d", R"({"vector": [1, 1]})");
  EXPECT_EQ(cache(), "miss");
  ask("POST", "/v1/reload");
  EXPECT_EQ(cache(), "miss");
  EXPECT_EQ(cache(), "hit");
}

TEST_F(KeepingServiceTest, ARequestThatWasReadAtOnceIsHandedOnToItsWorker) {
  HttpRequest request{"POST", "/v1/recommend", "", "", "", R"({"history": ["a"], "k": 1, "arms": {"way": "model"}})"};
  ASSERT_FALSE(keeping_->at_once(request));
  request.body = "nonsense by now";
  ask("PUT", "/v1/items/d", R"({"vector": [9, 0]})");
  EXPECT_EQ(json::parse(keeping_->answer(request).body)["items"][0]["item"], "d") << "of the items as they are when it is answered";
  EXPECT_EQ(keeping_->answer(request).status, 400);
}

TEST_F(KeepingServiceTest, ArmsChangeAnswersAreNamedAndLogged) {
  int popular = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string user = "user" + std::to_string(i);
    const json answer = json::parse(ask("POST", "/v1/recommend", json{{"user", user}, {"history", {"b"}}, {"k", 1}}.dump()).body);
    const bool is_popular = answer["arms"]["way"] == "popular";
    EXPECT_EQ(answer["items"][0]["channels"][0], is_popular ? "popularity" : "main");
    popular += is_popular ? 1 : 0;
  }
  EXPECT_NEAR(popular, 100, 35);  // five standard deviations
  EXPECT_EQ(json::parse(ask("POST", "/v1/recommend", R"({"user": "user1", "arms": {"way": "popular"}})").body)["arms"]["way"], "popular");
  EXPECT_THAT(ask("POST", "/v1/recommend", R"({"arms": {"way": "populer"}})").body, HasSubstr("did you mean popular"));
  EXPECT_EQ(ask("POST", "/v1/recommend", R"({"fusion": "quota"})").status, 400);  // arms' own
  keeping_.reset();                                                               // writes what waits
  std::ifstream log(directory_ + "/exposures.jsonl");
  int lines = 0;
  for (std::string line; std::getline(log, line);) lines += json::parse(line)["experiment"] == "way" ? 1 : 0;
  EXPECT_EQ(lines, 200);
}

TEST_F(ServiceTest, ArmsThatAskForWhatIsNotThereAreRefusedAtTheStart) {
  const auto refusal = [this](const std::string& settings) {
    ServiceOptions options;
    options.experiments =
        Experiments::parse("[[experiment]]\nname = 'x'\n[[experiment.arm]]\nname = 'a'\n[[experiment.arm]]\nname = 'b'\nsettings = { " + settings + " }\n", "here");
    try {
      Service({{"main", "there"}}, options, [this](const std::string& directory) { return open(directory); });
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  EXPECT_THAT(refusal("kk = 1"), HasSubstr("arm b: its settings: unknown key 'kk': known are features, sequences, k, allow, deny, filter_seen, channels, "
                                           "diversity, labels, fusion, rescore"));
  EXPECT_THAT(refusal("channels = ['mian']"), HasSubstr("experiment x, arm b: channels: unknown channel 'mian' (did you mean main?)"));
  EXPECT_THAT(refusal("chanels = ['main']"), HasSubstr("did you mean channels"));
  EXPECT_THAT(refusal("user = 'ann'"), HasSubstr("cannot set"));
  EXPECT_EQ(refusal("fusion = 'quota', rescore = 'main'"), "nothing was thrown");
}

}  // namespace
}  // namespace rechub
