#include "rechub/eval/item_knn.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

// Users 2, 3, 4 train on {2 3 2}, {2 3 4}, {3 4 5 6}; item 7 has no events.
const std::vector<int32_t> kItems = {2, 3, 2, 2, 3, 4, 3, 4, 5, 6};
const std::vector<int64_t> kBegin = {0, 0, 0, 3, 6, 10};
const std::vector<int64_t> kTrainEnd = {0, 0, 3, 6, 10};
const std::vector<int64_t> kCounts = {0, 0, 3, 3, 2, 1, 1, 0};

double similarity(const ItemKnn& model, int32_t item, int32_t other) {
  for (const auto& neighbour : model.neighbours(item)) {
    if (neighbour.item == other) return neighbour.similarity;
  }
  return 0;
}

// Distinct users: item 2 has {2, 3}, 3 has {2, 3, 4}, 4 has {3, 4}, 5 and 6 have {4}.
TEST(ItemKnn, IsTheCosineWithoutShrinkageAndWeights) {
  const ItemKnn model(kItems, kBegin, kTrainEnd, kCounts, {.shrinkage = 0, .user_exponent = 0});
  EXPECT_NEAR(similarity(model, 2, 3), 2 / std::sqrt(6.0), 1e-6);
  EXPECT_NEAR(similarity(model, 3, 2), 2 / std::sqrt(6.0), 1e-6);
  EXPECT_NEAR(similarity(model, 2, 4), 1 / std::sqrt(4.0), 1e-6);
  EXPECT_NEAR(similarity(model, 5, 6), 1, 1e-6);
  EXPECT_EQ(similarity(model, 2, 2), 0);
  EXPECT_EQ(similarity(model, 2, 5), 0);
  EXPECT_TRUE(model.neighbours(7).empty());
}

// Weights n^-1: users 2, 3, 4 with 2, 3, 4 items weigh 1/2, 1/3, 1/4.
TEST(ItemKnn, CanBeInterrupted) {
  const InterruptionScope scope([] { return true; });
  EXPECT_THROW(ItemKnn(kItems, kBegin, kTrainEnd, kCounts, {}), Interrupted);
}

TEST(ItemKnn, ShrinksAndWeighsUsersByHand) {
  const ItemKnn model(kItems, kBegin, kTrainEnd, kCounts, {.shrinkage = 2, .user_exponent = 1});
  const double norm2 = 1 / 2.0 + 1 / 3.0, norm3 = norm2 + 1 / 4.0;
  EXPECT_NEAR(similarity(model, 2, 3), norm2 / (std::sqrt(norm2 * norm3) + 2), 1e-6);
}

TEST(ItemKnn, ScoresByRecencyAndFallsBackToPopularity) {
  const ItemKnn model(kItems, kBegin, kTrainEnd, kCounts, {.shrinkage = 0, .user_exponent = 0, .recency = 1});
  std::vector<float> scores(8);
  model.score({.user = 2, .history_begin = 0, .history_end = 3}, scores);  // 2 3 2: item 2 came last, item 3 before it, each counts once
  EXPECT_NEAR(scores[4], 1 / std::sqrt(4.0) + 0.5 * 2 / std::sqrt(6.0), 1e-6);
  EXPECT_NEAR(scores[5], 0.5 / std::sqrt(3.0), 1e-6);
  EXPECT_EQ(scores[7], -1);
  model.score({.user = 2, .history_begin = 0, .history_end = 0}, scores);
  EXPECT_EQ(scores[2], -0.25f);
  EXPECT_GT(scores[2], scores[4]);
}

TEST(ItemKnn, RelatedItemsOfAnyHistoryHaveTheSameScores) {
  const ItemKnn model(kItems, kBegin, kTrainEnd, kCounts, {.shrinkage = 0, .user_exponent = 0, .recency = 1});
  std::map<int32_t, float> related;
  for (const auto& [item, similarity] : model.related(std::vector<int32_t>{2, 3, 2})) EXPECT_TRUE(related.emplace(item, similarity).second);
  EXPECT_EQ(related.size(), 5u);  // 2 and 3 are near each other, 4, 5 and 6 near one of them
  EXPECT_NEAR(related[4], 1 / std::sqrt(4.0) + 0.5 * 2 / std::sqrt(6.0), 1e-6);
  EXPECT_NEAR(related[5], 0.5 / std::sqrt(3.0), 1e-6);
  EXPECT_TRUE(model.related({}).empty());
}

TEST(ItemKnn, AnItemIsItsOwnNeighbourWhereAskedFor) {
  const ItemKnn model(kItems, kBegin, kTrainEnd, kCounts, {.shrinkage = 2, .user_exponent = 0, .own_neighbour = true});
  EXPECT_NEAR(similarity(model, 3, 3), 3.0 / (3 + 2), 1e-6);
  EXPECT_EQ(model.neighbours(3)[0].item, 3);
}

TEST(ItemKnn, KeepsTheNearestAndTheNewest) {
  const ItemKnn one(kItems, kBegin, kTrainEnd, kCounts, {.neighbours = 1, .shrinkage = 0, .user_exponent = 0});
  ASSERT_EQ(one.neighbours(4).size(), 1u);
  EXPECT_EQ(one.neighbours(4)[0].item, 3);  // 2 / sqrt(6) against 1 / 2 and 1 / sqrt(2)
  ASSERT_EQ(one.neighbours(5).size(), 1u);
  EXPECT_EQ(one.neighbours(5)[0].item, 6);
  const ItemKnn newest(kItems, kBegin, kTrainEnd, kCounts, {.shrinkage = 0, .user_exponent = 0, .max_user_items = 2});
  EXPECT_EQ(similarity(newest, 3, 5), 0);  // user 4 counts with 6 and 5 only
  EXPECT_NEAR(similarity(newest, 5, 6), 1, 1e-6);
}

TEST(ItemKnn, AgreesWithTheFullMatrixWhateverTheThreads) {
  Random random(3);
  const int64_t num_users = 60, num_items = 150, length = 12;
  std::vector<int32_t> items;
  std::vector<int64_t> begin = {0, 0, 0}, train_end = {0, 0}, counts(num_items + 2);
  std::vector<std::vector<double>> has(num_users, std::vector<double>(num_items + 2));
  for (int64_t user = 0; user < num_users; ++user) {
    for (int64_t e = 0; e < length; ++e) {
      items.push_back(static_cast<int32_t>(2 + random.below(num_items)));
      ++counts[items.back()];
      has[user][items.back()] = 1;
    }
    begin.push_back(static_cast<int64_t>(items.size()));
    train_end.push_back(begin.back());
  }
  const int threads = num_threads();
  for (int count : {1, 2, 3}) {
    set_num_threads(count);
    const ItemKnn model(items, begin, train_end, counts, {.shrinkage = 3, .user_exponent = 0});
    for (int32_t i = 2; i < num_items + 2; ++i) {
      for (int32_t j = 2; j < num_items + 2; ++j) {
        double both = 0, first = 0, second = 0;
        for (const auto& row : has) both += row[i] * row[j], first += row[i], second += row[j];
        EXPECT_NEAR(similarity(model, i, j), i == j ? 0 : both / (std::sqrt(first * second) + 3), 1e-6);
      }
    }
  }
  set_num_threads(threads);
}

TEST(ItemKnn, RefusesOptionsOutOfRange) {
  EXPECT_THROW(ItemKnn(kItems, kBegin, kTrainEnd, kCounts, {.neighbours = 0}), Error);
  EXPECT_THROW(ItemKnn(kItems, kBegin, kTrainEnd, kCounts, {.shrinkage = -1}), Error);
}

}  // namespace
}  // namespace rechub
