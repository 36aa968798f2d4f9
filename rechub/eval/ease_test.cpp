#include "rechub/eval/ease.h"

#include <string>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/eval/test_sequences.h"

namespace rechub {
namespace {

// Users 2 and 3 train on {2 3 3} and {2}; item 4 has no training events, user 4's only event is 4 and does not train.
const std::vector<int32_t> kItems = {2, 3, 3, 2, 4};
const std::vector<int64_t> kBegin = {0, 0, 0, 3, 4, 5};
const std::vector<int64_t> kTrainEnd = {0, 0, 3, 4, 4};
const std::vector<int64_t> kCounts = {0, 0, 2, 2, 0};

// X'X + I = [3 1; 1 2], its inverse [2 -1; -1 3] / 5.
TEST(Ease, TwoItemsByHand) {
  const Ease model(kItems, kBegin, kTrainEnd, kCounts, {.l2 = 1});
  EXPECT_NEAR(model.weight(2, 3), 1 / 3.0, 1e-6);
  EXPECT_NEAR(model.weight(3, 2), 1 / 2.0, 1e-6);
  EXPECT_EQ(model.weight(2, 2), 0);
  EXPECT_EQ(model.weight(2, 4), 0);
}

TEST(Ease, CanBeInterrupted) {
  const InterruptionScope scope([] { return true; });
  EXPECT_THROW(Ease(kItems, kBegin, kTrainEnd, kCounts, {.l2 = 1}), Interrupted);
}

TEST(Ease, SumsOverDistinctItemsOfTheHistory) {
  const Ease model(kItems, kBegin, kTrainEnd, kCounts, {.l2 = 1});
  std::vector<float> scores(5);
  model.score({.user = 2, .history_begin = 1, .history_end = 3}, scores);  // 3 3
  EXPECT_NEAR(scores[2], 1 / 2.0, 1e-6);
  EXPECT_EQ(scores[3], 0);
  EXPECT_LT(scores[4], -1e30f);
}

TEST(Ease, AHistoryWithoutTrainingItemsGetsPopularity) {
  const Ease model(kItems, kBegin, kTrainEnd, kCounts, {.l2 = 1});
  std::vector<float> scores(5);
  model.score({.user = 4, .history_begin = 4, .history_end = 5}, scores);
  EXPECT_EQ(scores[2], 2);
  EXPECT_EQ(scores[3], 2);
  EXPECT_LT(scores[4], -1e30f);
}

TEST(Ease, RefusesWhatCannotBe) {
  EXPECT_THROW(Ease(kItems, kBegin, kTrainEnd, kCounts, {.l2 = 0}), Error);
  const SequenceData data("1 10 11 12 13\n2 10 12 11 14 10\n3 11 10 13 12\n");
  const Split split = make_split(*data, "leave-one-out");
  const RecommenderEntry& ease = *find_recommender("ease");
  const int64_t needed = Ease::fit_bytes(split.item_counts);
  EXPECT_NO_THROW(fit_recommender(ease, *data, split, needed));
  try {
    fit_recommender(ease, *data, split, needed - 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("item_knn"), std::string::npos) << error.what();
  }
  EXPECT_NO_THROW(fit_recommender(*find_recommender("popularity"), *data, split, 1));
}

}  // namespace
}  // namespace rechub
