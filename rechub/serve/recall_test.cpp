#include "rechub/serve/recall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/serve/fake_encoder.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// By popularity: a 3, b 2, c 2, d 1, e 1, f 0. Axis 0 is liked by who likes a, axis 1 by who likes f.
const FakeEncoder::Parts kMain = {
    {{'a', {8, 0}}, {'b', {7, 1}}, {'c', {6, 2}}, {'d', {1, 6}}, {'e', {0, 7}}, {'f', {0, 8}}},
    {{"ann", "ab"}, {"ben", "abc"}, {"cat", "adec"}, {"dot", ""}},
    {{'a', 'a'}, {'b', 'a'}, {'c', 'a'}, {'d', 'd'}, {'e', 'd'}},
};

Recall make_recall(const RecallOptions& options = {}, const std::vector<std::pair<std::string, FakeEncoder::Parts>>& bundles = {{"main", kMain}}) {
  std::vector<Recall::NamedEncoder> encoders;
  for (const auto& [name, parts] : bundles) encoders.push_back({name, std::make_unique<FakeEncoder>(parts)});
  return {std::move(encoders), options};
}

RecallRequest of_user(const std::string& user, int64_t k) {
  RecallRequest request;
  request.who.user = user;
  request.k = k;
  return request;
}

RecallRequest of_history(const std::vector<std::string>& history, int64_t k) {
  RecallRequest request;
  request.who.history = history;
  request.k = k;
  return request;
}

std::string items_of(const RecallAnswer& answer) {
  std::string items;
  for (const RecallAnswer::Item& item : answer.items) items += item.item;
  return items;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// An index over other vectors shows which one is searched.
TEST(Recall, TheIndexOfABundleIsUsedWhereItIsOfTheKindThatIsWanted) {
  FakeEncoder::Parts stored = kMain;
  const std::vector<float> others = {0, 0, 0, 0, 5, 5, 0, 0, 0, 0, 9, 9};  // c and f
  stored.index = build_index("Flat", others, 6, 2);
  EXPECT_EQ(items_of(make_recall({}, {{"main", stored}}).recommend(of_user("ann", 2))), "fc");
  try {
    check_index_spec("HNSW16");
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  RecallOptions options;
  options.index = "HNSW16";
  EXPECT_EQ(items_of(make_recall(options, {{"main", stored}}).recommend(of_user("ann", 2))), "cd");
}

// Counts how often it is asked for a user.
class CountingEncoder : public FakeEncoder {
 public:
  CountingEncoder(const Parts& parts, int& count) : FakeEncoder(parts), count_(count) {}
  std::vector<float> encode_user(const UserRequest& request) const override {
    ++count_;
    return FakeEncoder::encode_user(request);
  }

 private:
  int& count_;
};

TEST(Recall, AUserIsEncodedOnceThoughTheModelRecallsScoresAgainAndFillsUp) {
  int count = 0;
  std::vector<Recall::NamedEncoder> encoders;
  encoders.push_back({"main", std::make_unique<CountingEncoder>(kMain, count)});
  RecallOptions options;
  options.channels = {"main=1", "popularity=1"};
  options.rescore = options.fallback = "main";
  const Recall recall(std::move(encoders), options);
  EXPECT_EQ(items_of(recall.recommend(of_user("ann", 9))), "cdfe");
  EXPECT_EQ(count, 1);
}

TEST(Recall, OneBundleIsItsModelWithoutWhatWasSeen) {
  const Recall recall = make_recall();
  const RecallAnswer answer = recall.recommend(of_user("ann", 3));
  EXPECT_EQ(items_of(answer), "cdf");  // interests b (7, 1) and a (8, 0), the larger one counts: c 48, d 13, f 8, e 7
  EXPECT_EQ(answer.items[0].score, 48);
  EXPECT_EQ(answer.items[0].channels, 1u);
  EXPECT_EQ(answer.fallback, "");
  RecallRequest with_seen = of_user("ann", 1);
  with_seen.filter_seen = false;
  EXPECT_EQ(items_of(recall.recommend(with_seen)), "a");
}

TEST(Recall, AGivenHistoryWinsOverTheUsersOwn) {
  RecallRequest request = of_user("ann", 2);
  request.who.history = {"f", "nothing"};
  const RecallAnswer answer = make_recall().recommend(request);
  EXPECT_EQ(items_of(answer), "ed");
  EXPECT_EQ(answer.unknown_history, 1);
}

TEST(Recall, FeaturesWhoseValuesNoBundleKnowsAreNamed) {
  FakeEncoder::Parts first = kMain, second = kMain;
  first.has_likes = second.has_likes = true;
  second.vectors['z'] = {1, 1};
  const Recall both = make_recall({}, {{"first", first}, {"second", second}});
  const auto unknown = [](const Recall& recall, const nlohmann::json& features) {
    RecallRequest request = of_user("ann", 2);
    request.who.features = features;
    return recall.recommend(request).unknown_features;
  };
  EXPECT_THAT(unknown(both, {{"likes", "y"}}), ElementsAre("likes"));
  EXPECT_THAT(unknown(both, {{"likes", "z"}}), IsEmpty()) << "the second knows it";
  EXPECT_THAT(unknown(both, {{"likes", nullptr}}), IsEmpty()) << "not said is not unknown";
  EXPECT_THAT(unknown(both, nullptr), IsEmpty());
  EXPECT_THAT(unknown(make_recall({}, {{"first", first}}), {{"likes", "z"}}), ElementsAre("likes"));
}

TEST(Recall, EachBundleHasItsOwnStoredHistoryBehindWhichEventsCome) {
  FakeEncoder::Parts other = kMain;
  other.users = {{"uma", "f"}};
  RecallOptions options;
  options.channels = {"main", "other=0"};
  const Recall recall = make_recall(options, {{"main", kMain}, {"other", other}});
  RecallRequest request = of_user("uma", 1);
  request.who.since = {{"a", 1}};
  request.channels = {"main"};
  EXPECT_EQ(recall.recommend(request).items[0].score, 56) << "b by a";
  request.channels = {"other"};
  EXPECT_EQ(items_of(recall.recommend(request)), "b") << "b by a 56, e by f 56, f is seen";
  request.k = 2;
  EXPECT_EQ(items_of(recall.recommend(request)), "be");
  EXPECT_EQ(recall.recommend(request).items[1].score, 56) << "the stored f counts";
}

TEST(Recall, StrangersGetTheFallbackAndAreToldSo) {
  const Recall recall = make_recall();
  const RecallAnswer stranger = recall.recommend(of_user("zoe", 3));
  EXPECT_EQ(items_of(stranger), "abc");
  EXPECT_EQ(stranger.fallback, "unknown user");
  EXPECT_EQ(stranger.items[0].score, 3);
  EXPECT_EQ(recall.channel_names()[1], "popularity");
  EXPECT_EQ(stranger.items[0].channels, 2u);
  EXPECT_EQ(recall.recommend(of_user("dot", 1)).fallback, "empty history");
  EXPECT_EQ(recall.recommend(of_history({}, 1)).fallback, "empty history");
  EXPECT_EQ(recall.recommend(of_history({"nothing"}, 1)).fallback, "empty history");
  EXPECT_EQ(recall.recommend({}).fallback, "empty history");
}

TEST(Recall, AMissingHistoryIsSaidWhicheverChannelAnswers) {
  RecallOptions options;
  options.channels = {"main", "popularity"};
  const Recall recall = make_recall(options);
  const auto lack = [&](const RecallRequest& request) {
    const RecallAnswer answer = recall.recommend(request);
    EXPECT_EQ(answer.fallback, "");
    return answer.no_history;
  };
  EXPECT_EQ(lack(of_user("zoe", 2)), "unknown user");
  EXPECT_EQ(lack(of_user("dot", 2)), "empty history");
  EXPECT_EQ(lack(of_history({"nothing"}, 2)), "empty history");
  EXPECT_EQ(lack(of_user("ann", 2)), "");
  EXPECT_EQ(lack(of_history({"a"}, 2)), "");
  RecallRequest request = of_user("zoe", 2);
  request.who.since = {{"a", 1}};
  EXPECT_EQ(lack(request), "");
  request.who.since = {{"nothing", 1}};
  EXPECT_EQ(lack(request), "empty history");
  request = of_user("ann", 2);
  request.filter.has_allow = true;
  request.filter.allow = {"e"};
  request.filter.deny = {"e"};
  EXPECT_EQ(lack(request), "") << "a list that is empty for another reason";
}

TEST(Recall, FiltersKeepAndHideAndCountWhatTheyDoNotKnow) {
  RecallRequest request = of_user("ann", 10);
  request.filter.has_allow = true;
  request.filter.allow = {"e", "f", "a", "x", "y"};
  request.filter.deny = {"f", "z"};
  const RecallAnswer answer = make_recall().recommend(request);
  EXPECT_EQ(items_of(answer), "e");
  EXPECT_EQ(answer.unknown_allow, 2);
  EXPECT_EQ(answer.unknown_deny, 1);
  request.filter.allow = {"x"};
  EXPECT_EQ(items_of(make_recall().recommend(request)), "");
}

TEST(Recall, ShortListsAreFilledUp) {
  RecallOptions options;
  options.channels = {"content"};
  const RecallAnswer answer = make_recall(options).recommend(of_history({"a"}, 5));
  EXPECT_EQ(items_of(answer).substr(0, 2), "bc");  // the kind of a; then what is popular
  EXPECT_EQ(items_of(answer).substr(2), "def");
  EXPECT_EQ(answer.fallback, "too few items");
  EXPECT_EQ(answer.items[1].channels, 4u);
  EXPECT_EQ(answer.items[2].channels, 2u);
}

TEST(Recall, FusedItemsNameAllTheirChannels) {
  RecallOptions options;
  options.channels = {"main=1", "popularity=1"};
  options.fusion = "reciprocal_rank";
  const RecallAnswer answer = make_recall(options).recommend(of_history({"f"}, 3));
  // model: e d c b a (56 48 16 8 0), popularity: a b c d e. 1/61 + 1/65 (e, a) > 1/62 + 1/64 (d, b) > 2/63, and of equal ones the model's first.
  EXPECT_EQ(answer.items.size(), 3u);
  EXPECT_EQ(items_of(answer), "ead");
  for (const auto& item : answer.items) EXPECT_EQ(item.channels, 3u);
}

TEST(Recall, ChannelsOfWeightZeroComeWhenAsked) {
  RecallOptions options;
  options.channels = {"main", "item_knn=0"};
  const Recall recall = make_recall(options);
  EXPECT_EQ(recall.recommend(of_user("ann", 1)).items[0].channels, 1u);
  RecallRequest request = of_user("ann", 1);
  request.channels = {"item_knn"};
  const RecallAnswer answer = recall.recommend(request);
  EXPECT_EQ(items_of(answer), "c");  // beside a and b with ben, beside a with cat
  EXPECT_EQ(recall.channel_names()[2], "item_knn");
  EXPECT_EQ(answer.items[0].channels, 4u);
  request.channels = {"item_nkk"};
  EXPECT_THAT(message_of([&] { recall.recommend(request); }), HasSubstr("did you mean item_knn"));
}

TEST(Recall, ManyCandidatesAreScoredAgainByABetterModel) {
  FakeEncoder::Parts other = kMain;
  other.vectors = {{'a', {0, 1}}, {'b', {5, 1}}, {'d', {9, 1}}, {'e', {0, 3}}, {'g', {7, 7}}};  // knows no c and no f
  other.users = {{"ann", "ab"}};
  other.kinds = {};
  RecallOptions options;
  options.channels = {"main"};
  options.rescore = "better";
  options.rescore_candidates = 3;
  const RecallAnswer answer = make_recall(options, {{"main", kMain}, {"better", other}}).recommend(of_user("ann", 2));
  // main brings c d f; of those `better` knows d alone, whose score is with b: 5 x 9 + 1 = 46; what is missing is popular
  EXPECT_EQ(items_of(answer), "dc");
  EXPECT_EQ(answer.items[0].score, 46);
  EXPECT_EQ(answer.items[0].channels, 1u);
  EXPECT_EQ(answer.fallback, "too few items");
}

TEST(Recall, DiversityTakesFromEachKindInTurn) {
  RecallRequest request = of_history({"e", "a"}, 3);
  const Recall recall = make_recall();
  EXPECT_EQ(items_of(recall.recommend(request)), "bfc");
  request.diversity = {1e9, "kind", 0};
  EXPECT_EQ(items_of(recall.recommend(request)), "bfd");
  request.diversity.feature = "kid";
  EXPECT_THAT(message_of([&] { recall.recommend(request); }), HasSubstr("did you mean kind"));
}

TEST(Recall, DiversityOverQuotasIsRefused) {
  RecallOptions options;
  options.channels = {"main", "popularity"};
  options.fusion = "quota";
  RecallRequest request = of_user("ann", 2);
  request.diversity = {1, "kind", 0};
  EXPECT_THAT(message_of([&] { make_recall(options).recommend(request); }), HasSubstr("scores that can be compared"));
}

TEST(Recall, CalibratedScoresAreProbabilities) {
  RecallOptions options;
  options.channels = {"main", "item_knn"};
  options.fusion = "calibrated";
  const RecallAnswer answer = make_recall(options).recommend(of_user("ann", 3));
  ASSERT_EQ(answer.items.size(), 3u);
  for (const auto& item : answer.items) {
    EXPECT_GE(item.score, 0);
    EXPECT_LE(item.score, 1);
  }
}

TEST(Recall, SimilarItemsLeaveTheItemOut) {
  const Recall recall = make_recall();
  EXPECT_EQ(items_of(recall.similar("f", "", {}, 2)), "ed");
  EXPECT_THAT(message_of([&] { recall.similar("x", "", {}, 2); }), HasSubstr("there is no item 'x'"));
  EXPECT_THAT(message_of([&] { recall.similar("f", "popularity", {}, 2); }), HasSubstr("unknown bundle 'popularity': known are main"));
}

TEST(Recall, RefusesOptionsThatDoNotFit) {
  const auto refusal = [](RecallOptions options) { return message_of([&] { make_recall(options); }); };
  EXPECT_THAT(refusal({.channels = {"mian"}}), HasSubstr("did you mean main"));
  EXPECT_THAT(refusal({.channels = {"main=much"}}), HasSubstr("NAME=WEIGHT"));
  EXPECT_THAT(refusal({.channels = {"main=-1"}}), HasSubstr("NAME=WEIGHT"));
  EXPECT_THAT(refusal({.channels = {"main=0"}}), HasSubstr("a weight above 0"));
  EXPECT_THAT(refusal({.channels = {"main", "main"}}), HasSubstr("twice"));
  EXPECT_THAT(refusal({.fusion = "magic"}), HasSubstr("unknown fusion"));
  EXPECT_EQ(refusal({.rescore = "popularity"}), "rescore: unknown bundle 'popularity': known are main");
  EXPECT_EQ(refusal({.fallback = "nope"}), "fallback: unknown channel 'nope': known are main, popularity, item_knn, content");
  EXPECT_EQ(refusal({.fallback = "item_knn"}), "nothing was thrown");
  EXPECT_THAT(message_of([] { make_recall({}, {{"main", kMain}, {"main", kMain}}); }), HasSubstr("NAME=DIRECTORY"));
}

}  // namespace
}  // namespace rechub
