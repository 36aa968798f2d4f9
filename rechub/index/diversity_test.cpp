#include "rechub/index/diversity.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Positions = std::vector<int64_t>;

const std::vector<float> kScores = {9, 8, 7, 6, 5, 4, 3};
const std::vector<int32_t> kCategories = {1, 1, 1, 2, 2, 1, 3};

TEST(Diversity, WeightZeroIsThePlainList) { EXPECT_EQ(choose_diverse(kScores, kCategories, 4, 0), (Positions{0, 1, 2, 3})); }

TEST(Diversity, AnInfiniteWeightTakesFromEachCategoryInTurn) {
  EXPECT_EQ(choose_diverse(kScores, kCategories, 7, kInfinity), (Positions{0, 3, 6, 1, 4, 2, 5}));
  EXPECT_EQ(choose_diverse(kScores, kCategories, 7, 1e30), (Positions{0, 3, 6, 1, 4, 2, 5}));
}

// After item 0 (9): 8 - 2.5 = 5.5 of category 1 against 6 of category 2 and 3 of category 3; then 5.5 against 5 - 2.5 and 3; then 7 - 5 = 2, 2.5 and 3.
TEST(Diversity, AFiniteWeightTradesScoreForVariety) { EXPECT_EQ(choose_diverse(kScores, kCategories, 4, 2.5), (Positions{0, 3, 1, 6})); }

TEST(Diversity, ScoresMayComeInAnyOrderAndEqualOnesAreTakenByPosition) {
  EXPECT_EQ(choose_diverse(std::vector<float>{1, 5, 5, 2}, std::vector<int32_t>{1, 2, 2, 1}, 3, 0), (Positions{1, 2, 3}));
  EXPECT_EQ(choose_diverse(std::vector<float>{5, 5}, std::vector<int32_t>{9, 1}, 2, 1), (Positions{0, 1}));
}

double value_of(const std::vector<float>& scores, const std::vector<int32_t>& categories, const Positions& set, double weight) {
  double value = 0;
  for (size_t i = 0; i < set.size(); ++i) {
    value += scores[set[i]];
    for (size_t j = 0; j < i; ++j) value += categories[set[i]] != categories[set[j]] ? weight : 0;
  }
  return value;
}

// The best value of any set of n candidates, by trying all of them.
double best_value(const std::vector<float>& scores, const std::vector<int32_t>& categories, size_t n, double weight, Positions set = {}, int64_t from = 0) {
  if (set.size() == n) return value_of(scores, categories, set, weight);
  double best = -kInfinity;
  for (int64_t i = from; i < static_cast<int64_t>(scores.size()); ++i) {
    Positions more = set;
    more.push_back(i);
    best = std::max(best, best_value(scores, categories, n, weight, more, i + 1));
  }
  return best;
}

TEST(Diversity, NoSetIsBetterThanTheChosenOne) {
  Random random(1);
  for (int repetition = 0; repetition < 200; ++repetition) {
    std::vector<float> scores;
    std::vector<int32_t> categories;
    for (int i = 0; i < 8; ++i) {
      scores.push_back(static_cast<float>(random.normal()));
      categories.push_back(static_cast<int32_t>(random.below(3)));
    }
    for (double weight : {0.0, 0.1, 0.5, 2.0}) {
      for (size_t n : {1, 2, 3}) {
        const Positions chosen = choose_diverse(scores, categories, static_cast<int64_t>(n), weight);
        ASSERT_EQ(chosen.size(), n);
        EXPECT_NEAR(value_of(scores, categories, chosen, weight), best_value(scores, categories, n, weight), 1e-9) << repetition << " " << weight << " " << n;
      }
    }
  }
}

TEST(Diversity, FewerCandidatesThanAskedForAndNone) {
  EXPECT_EQ(choose_diverse(kScores, kCategories, 100, 1).size(), kScores.size());
  EXPECT_TRUE(choose_diverse({}, {}, 3, 1).empty());
  EXPECT_THROW(choose_diverse(kScores, std::vector<int32_t>{1}, 3, 1), Error);
}

}  // namespace
}  // namespace rechub
