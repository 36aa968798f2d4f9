#include "rechub/samplers/streaming_frequency.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"

namespace rechub {
namespace {

const std::vector<int64_t> kItem = {3};

// An item in every s-th batch: the gap's distance to s shrinks by (1 - rate) with every hit.
TEST(StreamingFrequency, AnItemEveryFewBatchesIsAFixedPoint) {
  StreamingFrequency frequency(8, 0, 1, 0.1);
  frequency.start(std::vector<double>(8, 0.5));  // a gap of 2 to begin with
  double distance = 2 - 5;
  for (int64_t step = 5; step <= 200; step += 5) {
    frequency.observe(step, kItem);
    distance *= 0.9;
    EXPECT_NEAR(1 / frequency.probability(3), 5 + distance, 1e-9);
  }
}

TEST(StreamingFrequency, ConvergesToTheProbabilityOfBeingInABatch) {
  StreamingFrequency frequency(8, 0, 1, 0.002);
  frequency.start(std::vector<double>(8, 0.9));
  Random random(1);
  const std::vector<double> truth = {0, 0, 0.5, 0.02, 0.3, 0.11, 0.9, 1};
  for (int64_t step = 1; step <= 300000; ++step) {
    std::vector<int64_t> items;
    for (int64_t item = 2; item < 8; ++item) {
      if (random.uniform() < truth[item]) items.push_back(item);
    }
    frequency.observe(step, items);
  }
  for (int64_t item = 2; item < 8; ++item) EXPECT_NEAR(frequency.probability(item) / truth[item], 1, 0.12) << item;  // the variance of the mean is about rate / 2
}

// Items 2 .. 41 in one bucket each look as frequent as all together; of several hashes the rarest bucket is taken, in which fewer meet.
TEST(StreamingFrequency, SeveralHashesOverestimateLess) {
  const auto mean_error = [](int64_t hashes) {
    StreamingFrequency frequency(42, 60, hashes, 0.02);
    for (int64_t step = 1; step <= 4000; ++step) frequency.observe(step, std::vector<int64_t>{2 + step % 40});
    double error = 0;
    for (int64_t item = 2; item < 42; ++item) {
      EXPECT_GT(frequency.probability(item), 1.0 / 40 - 1e-9);  // never below the truth
      error += frequency.probability(item) * 40 - 1;
    }
    return error / 40;
  };
  const double one = mean_error(1), four = mean_error(4);
  EXPECT_GT(one, 0.2);
  EXPECT_LT(four, one / 5);
}

TEST(StreamingFrequency, WithoutAStartTheFirstGapIsTakenAsItIs) {
  StreamingFrequency frequency(8, 0, 1, 0.01);
  EXPECT_EQ(frequency.probability(3), 1);
  frequency.observe(4, kItem);
  EXPECT_EQ(frequency.probability(3), 0.25);
}

}  // namespace
}  // namespace rechub
