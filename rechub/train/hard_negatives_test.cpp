#include "rechub/train/hard_negatives.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace rechub {
namespace {

at::Tensor long_tensor(std::vector<int64_t> values) { return at::tensor(values, at::kLong); }

// Scores are the items' own numbers: users are 1, items 0 .. 5 are .1, .9, .5, .7, .3, .2.
at::Tensor items() { return at::tensor({0.1, 0.9, 0.5, 0.7, 0.3, 0.2}, at::kDouble).view({6, 1}); }

TEST(HardestInBatch, TakesTheHighestTargetsOfOthers) {
  // User 0 has targets 1 and 4, user 1 target 2, user 2 target 3; items 0 and 5 are nobody's target.
  const at::Tensor hard = hardest_in_batch(at::ones({4, 1}, at::kDouble), items(), long_tensor({1, 4, 2, 3}), long_tensor({0, 0, 1, 2}), 2);
  EXPECT_TRUE(at::equal(hard, long_tensor({3, 2, 3, 2, 1, 3, 1, 2}).view({4, 2}))) << hard;
}

TEST(HardestInBatch, FillsUpWithTheTargetItself) {
  const at::Tensor hard = hardest_in_batch(at::ones({3, 1}, at::kDouble), items(), long_tensor({1, 4, 4}), long_tensor({0, 0, 1}), 3);
  EXPECT_TRUE(at::equal(hard, long_tensor({1, 1, 1, 4, 4, 4, 1, 4, 4}).view({3, 3}))) << hard;  // item 4 is a target of both users
}

}  // namespace
}  // namespace rechub
