#include "rechub/data/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/data/given_values.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Users ann (events c a) and ben (none), items a b c with a price and, in the items' own space, what each goes with.
Dataset two_users() {
  DatasetParts parts;
  parts.user_rows = 4;
  parts.item_rows = 5;
  parts.user_begin = {0, 0, 0, 2, 2};
  parts.items = {4, 2};
  for (const char* id : {"ann", "ben"}) parts.user_ids.add(std::string_view(id));
  for (const char* id : {"a", "b", "c"}) parts.item_ids.add(std::string_view(id));
  FeatureValues price, goes_with;
  price.spec.name = "price";
  price.spec.kind = FeatureKind::kDense;
  price.values = {2, 2, 1, 2, 3};
  goes_with.spec.name = "goes_with";
  goes_with.spec.kind = FeatureKind::kMulti;
  goes_with.spec.space = "items";
  goes_with.spec.rows = 5;
  goes_with.codes = {3, 2};
  goes_with.offsets = {0, 0, 0, 1, 2, 2};
  parts.item_features = {price, goes_with};
  return Dataset::from_memory(std::move(parts));
}

TEST(KnownHistory, IsTheGivenOneElseTheUsersOwnElseNone) {
  const Dataset dataset = two_users();
  EXPECT_THAT(known_history(dataset, {"ann", {}, {}, {}}).items, ElementsAre(4, 2));
  EXPECT_THAT(known_history(dataset, {"ben", {}, {}, {}}).items, IsEmpty());
  EXPECT_THAT(known_history(dataset, {"stranger", {}, {}, {}}).items, IsEmpty());
  const KnownHistory given = known_history(dataset, {"ann", {{"b", "x", "a", "b"}}, {}, {}});
  EXPECT_THAT(given.items, ElementsAre(3, 2, 3));
  EXPECT_EQ(given.num_unknown, 1);
}

TEST(KnownHistory, GoesOnWithWhatIsLaterThanTheUsersOwnLastEvent) {
  const std::vector<UserEvent> since = {{"b", 9}, {"b", 10}, {"c", 11}, {"x", 12}, {"b", 13}};
  DatasetParts parts;
  parts.user_rows = 5;
  parts.item_rows = 5;
  parts.user_begin = {0, 0, 0, 2, 2, 3};
  parts.items = {4, 2, 3};
  parts.times = {5, 10, 4'000'000'000};
  for (const char* id : {"ann", "ben", "future"}) parts.user_ids.add(std::string_view(id));
  for (const char* id : {"a", "b", "c"}) parts.item_ids.add(std::string_view(id));
  DatasetParts timeless = parts;
  timeless.times.clear();
  const Dataset dataset = Dataset::from_memory(std::move(parts));
  const KnownHistory moved_on = known_history(dataset, {"ann", {}, {}, {}, since});
  EXPECT_THAT(moved_on.items, ElementsAre(4, 2, 4, 3)) << "the time of the last event itself is in the data";
  EXPECT_EQ(moved_on.num_unknown, 1);
  EXPECT_THAT(known_history(dataset, {"ben", {}, {}, {}, since}).items, ElementsAre(3, 3, 4, 3));
  EXPECT_THAT(known_history(dataset, {"stranger", {}, {}, {}, since}).items, ElementsAre(3, 3, 4, 3));
  EXPECT_THAT(known_history(dataset, {"future", {}, {}, {}, since}).items, ElementsAre(3)) << "a wrong time harms its own user";
  EXPECT_THAT(known_history(Dataset::from_memory(std::move(timeless)), {"ann", {}, {}, {}, since}).items, ElementsAre(4, 2, 3, 3, 4, 3)) << "all are news where no times are known";
}

TEST(GivenValues, NamesFeaturesWithAValueThatTrainingNeverSaw) {
  DatasetParts parts;
  parts.user_rows = 3;
  parts.item_rows = 5;
  parts.user_begin = {0, 0, 0, 0};
  for (const char* id : {"a", "b", "c"}) parts.item_ids.add(std::string_view(id));
  FeatureValues likes, loves, age;
  likes.spec.name = "likes";
  loves.spec.name = "loves";
  loves.spec.kind = FeatureKind::kMulti;
  for (FeatureValues* of_items : {&likes, &loves}) of_items->spec.space = "items", of_items->spec.rows = 5;
  likes.codes = {kUnknownIndex, kUnknownIndex, 2};
  loves.codes = {2};
  loves.offsets = {0, 0, 0, 1};
  age.spec.name = "age";
  age.spec.kind = FeatureKind::kDense;
  age.values = {0, 0, 30};
  parts.user_features = {likes, loves, age};
  const Dataset dataset = Dataset::from_memory(std::move(parts));
  const auto unknown = [&dataset](const nlohmann::json& features) { return GivenValues(dataset, features, nullptr, "here").unknown(); };
  EXPECT_THAT(unknown({{"likes", "a"}, {"loves", {"b", "c"}}, {"age", 99}}), IsEmpty());
  EXPECT_THAT(unknown({{"likes", nullptr}, {"loves", nullptr}, {"age", nullptr}}), IsEmpty());
  EXPECT_THAT(unknown({{"likes", "A"}, {"loves", {"b", "x"}}}), ElementsAre("likes", "loves"));
  EXPECT_THAT(unknown({{"likes", "b"}, {"loves", "x"}}), ElementsAre("loves"));
}

TEST(GivenItemFeatures, AreWhatIsGivenAndElseUnknown) {
  const Dataset dataset = two_users();
  const BatchColumns given = given_item_features(dataset, {{"price", 7.5}, {"goes_with", {"c", "nothing"}}}, "here");
  EXPECT_THAT(given[0].values, ElementsAre(7.5F));
  EXPECT_THAT(given[1].codes, ElementsAre(4, kUnknownIndex));
  EXPECT_THAT(given[1].begin, ElementsAre(0));
  EXPECT_THAT(given[1].end, ElementsAre(2));
  const BatchColumns nothing = given_item_features(dataset, nlohmann::json::object(), "here");
  EXPECT_THAT(nothing[0].values, ElementsAre(2));
  EXPECT_THAT(nothing[1].end, ElementsAre(nothing[1].begin[0]));
}

TEST(GivenItemFeatures, RefusesWhatDoesNotFit) {
  const Dataset dataset = two_users();
  const auto message = [&](const nlohmann::json& features) {
    try {
      given_item_features(dataset, features, "here");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  EXPECT_THAT(message({{"prize", 1}}), HasSubstr("did you mean price"));
  EXPECT_THAT(message({{"price", "much"}}), HasSubstr("\"price\" must be a number"));
  EXPECT_THAT(message({1, 2}), HasSubstr("here: \"features\" must be an object"));
}

}  // namespace
}  // namespace rechub
