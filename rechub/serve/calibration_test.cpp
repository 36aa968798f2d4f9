#include "rechub/serve/calibration.h"

#include <gtest/gtest.h>

#include "rechub/base/random.h"

namespace rechub {
namespace {

TEST(Calibration, PoolsWhatFallsAndJoinsTheMiddles) {
  // Shares by score: 1 -> 0, 2 -> 1, 3 -> 0, 4 -> 1. The falling pair (2, 3) is pooled: 1/2 at 2.5.
  const Calibration calibration({{3, false}, {1, false}, {4, true}, {2, true}});
  EXPECT_DOUBLE_EQ(calibration.probability(0), 0);
  EXPECT_DOUBLE_EQ(calibration.probability(1), 0);
  EXPECT_DOUBLE_EQ(calibration.probability(2.5), 0.5);
  EXPECT_DOUBLE_EQ(calibration.probability(1.75), 0.25);
  EXPECT_DOUBLE_EQ(calibration.probability(4), 1);
  EXPECT_DOUBLE_EQ(calibration.probability(9), 1);
}

TEST(Calibration, EqualScoresAreOneStep) {
  const Calibration calibration({{5, true}, {5, false}, {5, false}, {5, true}});
  EXPECT_DOUBLE_EQ(calibration.probability(5), 0.5);
  EXPECT_DOUBLE_EQ(calibration.probability(-5), 0.5);
}

TEST(Calibration, KnowsNothingWithoutCases) { EXPECT_EQ(Calibration({}).probability(1), 0); }

TEST(Calibration, FindsTheProbabilityThatWasDrawnFrom) {
  Random random(7);
  std::vector<JudgedScore> judged;
  for (int i = 0; i < 200000; ++i) {
    const double score = random.uniform();
    judged.push_back({static_cast<float>(score), random.uniform() < score * score});
  }
  const Calibration calibration(judged);
  for (float score : {0.2F, 0.5F, 0.8F}) EXPECT_NEAR(calibration.probability(score), score * score, 0.02);
  for (float score = 0; score < 0.99F; score += 0.01F) EXPECT_LE(calibration.probability(score), calibration.probability(score + 0.01F));
}

}  // namespace
}  // namespace rechub
