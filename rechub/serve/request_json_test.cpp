#include "rechub/serve/request_json.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

RecommendBody read_recommend(const char* body) {
  const nlohmann::json object = parse_body(body);
  check_request_keys(object);
  return parse_recommend(object);
}

TEST(ParseRecommend, ReadsEveryKey) {
  const auto [request, labels] = read_recommend(
      R"({"user": 7, "history": ["a", 9223372036854775807], "features": {"age": 3}, "sequences": {"searches": ["x"]}, "k": 10000, "allow": [], "deny": [1],
          "filter_seen": false, "channels": ["sasrec"], "diversity": {"weight": 0.5, "feature": "genre", "pool": 20000}, "labels": true})");
  EXPECT_EQ(request.who.user, "7");
  EXPECT_THAT(*request.who.history, ElementsAre("a", "9223372036854775807"));
  EXPECT_EQ(request.who.features["age"], 3);
  EXPECT_EQ(request.who.sequences["searches"][0], "x");
  EXPECT_EQ(request.k, 10000);
  EXPECT_TRUE(request.filter.has_allow);
  EXPECT_THAT(request.filter.deny, ElementsAre("1"));
  EXPECT_EQ(request.filter_seen, false);
  EXPECT_THAT(request.channels, ElementsAre("sasrec"));
  EXPECT_EQ(request.diversity.weight, 0.5);
  EXPECT_EQ(request.diversity.pool, 20000);
  EXPECT_TRUE(labels);
}

TEST(ParseRecommend, AWholeNumberMayHaveAPoint) {
  const auto [request, labels] = read_recommend(R"({"k": 20.0, "user": -3.0, "deny": [1e3]})");
  EXPECT_EQ(request.k, 20);
  EXPECT_EQ(request.who.user, "-3");
  EXPECT_THAT(request.filter.deny, ElementsAre("1000"));
}

TEST(ParseRecommend, NothingIsNeeded) {
  const auto [request, labels] = read_recommend("{}");
  EXPECT_EQ(request.k, 10);
  EXPECT_FALSE(request.filter.has_allow);
  EXPECT_FALSE(request.who.history);
  EXPECT_FALSE(request.filter_seen);
}

TEST(ParseRecommend, RefusesInWords) {
  const auto refusal = [](const char* body) { return message_of([&] { read_recommend(body); }); };
  EXPECT_THAT(refusal(R"({"usr": 1})"), HasSubstr("did you mean user"));
  EXPECT_THAT(refusal(R"({"k": 0})"), HasSubstr("\"k\" must be from 1 to 10000, got 0"));
  EXPECT_THAT(refusal(R"({"k": 10001})"), HasSubstr("got 10001"));
  EXPECT_THAT(refusal(R"({"k": 1.5})"), HasSubstr("\"k\" must be a whole number"));
  EXPECT_THAT(refusal(R"({"k": 18446744073709551615})"), HasSubstr("\"k\" must be a whole number"));
  EXPECT_THAT(refusal(R"({"user": 1.5})"), HasSubstr("an id must be a text or a whole number"));
  EXPECT_THAT(refusal(R"({"history": "a"})"), HasSubstr("\"history\" must be a list of ids"));
  EXPECT_THAT(refusal(R"({"history": [[]]})"), HasSubstr("an id must be"));
  EXPECT_THAT(refusal(R"({"features": []})"), HasSubstr("\"features\" must be an object"));
  EXPECT_THAT(refusal(R"({"channels": []})"), HasSubstr("one at least"));
  EXPECT_THAT(refusal(R"({"diversity": {"weight": -1, "feature": "x"}})"), HasSubstr("0 or more"));
  EXPECT_THAT(refusal(R"({"diversity": {"wieght": 1}})"), HasSubstr("did you mean weight"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("must be a JSON object"));
  EXPECT_THAT(refusal("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal("{\"user\": \"\xff\"}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(R"({"k": 1, "k": 2})"), HasSubstr("stands twice"));
  EXPECT_THAT(refusal((R"({"features": {"x": )" + std::string(200, '[') + std::string(200, ']') + "}}").c_str()), HasSubstr("nested deeper"));
}

TEST(ParseSimilar, NeedsAnItem) {
  EXPECT_EQ(parse_similar(R"({"item": 5, "channel": "b"})").item, "5");
  EXPECT_THAT(message_of([] { parse_similar("{}"); }), HasSubstr("\"item\" is missing"));
}

TEST(ParseItem, IsAVectorOrFeatures) {
  EXPECT_THAT(parse_item(R"({"vector": [1, -2.5], "channel": "b"})").vector, ElementsAre(1, -2.5F));
  EXPECT_EQ(parse_item(R"({"features": {"price": 3}})").features["price"], 3);
  const auto refusal = [](const char* body) { return message_of([&] { parse_item(body); }); };
  EXPECT_THAT(refusal("{}"), HasSubstr("either \"vector\" or \"features\""));
  EXPECT_THAT(refusal(R"({"vector": [], "features": {}})"), HasSubstr("either"));
  EXPECT_THAT(refusal(R"({"vector": ["1"]})"), HasSubstr("32-bit floats"));
  EXPECT_THAT(refusal(R"({"vector": [1e300]})"), HasSubstr("32-bit floats"));
  EXPECT_THAT(refusal(R"({"features": 3})"), HasSubstr("must be an object"));
}

TEST(ParseEvents, AreOneOrSeveralAndNowByDefault) {
  const auto one = parse_events(R"({"user": 5, "item": "a"})", 1000);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].user, "5");
  EXPECT_EQ(one[0].event.item, "a");
  EXPECT_EQ(one[0].event.time, 1000);
  const auto two = parse_events(R"({"events": [{"user": 5, "item": "a", "time": 7}, {"user": 6, "item": "b", "time": -1.0}]})", 1000);
  EXPECT_EQ(two[0].event.time, 7);
  EXPECT_EQ(two[1].event.time, -1);
  EXPECT_TRUE(parse_events(R"({"events": []})", 0).empty());
  const auto refusal = [](const char* body) { return message_of([&] { parse_events(body, 0); }); };
  EXPECT_THAT(refusal("{}"), HasSubstr("needs \"user\" and \"item\""));
  EXPECT_THAT(refusal(R"({"user": "", "item": 1})"), HasSubstr("not empty"));
  EXPECT_THAT(refusal(R"({"events": [], "user": 1})"), HasSubstr("stand alone"));
  EXPECT_THAT(refusal(R"({"events": [{"user": 1, "itm": 2}]})"), HasSubstr("did you mean item"));
  EXPECT_THAT(refusal(R"({"user": 1, "item": 1, "time": "now"})"), HasSubstr("whole number"));
  EXPECT_THAT(refusal(R"({"user": 1, "item": 1, "time": 1764312000123})"), HasSubstr("in seconds since 1970"));
}

TEST(DecodePercent, UndoesEscapesAndRefusesWhatIsNoText) {
  EXPECT_EQ(decode_percent("a%2Fb%20c+d%c3%A9", false), "a/b c+d\u00e9");
  EXPECT_EQ(decode_percent("a+b", true), "a b");
  for (const char* bad : {"%", "%4", "%zz", "a%2", "%ff", "%c3", "%c0%80", "%ed%a0%80", "%f5%80%80%80", "%e2%82"}) {
    EXPECT_NE(message_of([&] { decode_percent(bad, false); }), "nothing was thrown") << bad;
  }
}

TEST(QueryValue, FindsItsKey) {
  EXPECT_EQ(query_value("a=1&bc=x%26y&c", "bc"), "x&y");
  EXPECT_EQ(query_value("a=1&bc=2&c", "c"), "");
  EXPECT_EQ(query_value("ab=1", "b"), "");
  EXPECT_EQ(query_value("", "b"), "");
}

}  // namespace
}  // namespace rechub
