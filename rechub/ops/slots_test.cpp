#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

TEST(SlotsFromEnd, CountsWhatLiesBehindInTheWindow) {
  const at::Tensor slots = slots_from_end(windows_of({1, 4, 5}, {4, 4, 7}), at::zeros({8, 2}));
  EXPECT_TRUE(slots.equal(at::tensor({0, 2, 1, 0, 0, 1, 0, 0}, at::kLong)));
}

TEST(SlotsFromEnd, TheSameOverAPaddedBatch) {
  Windows windows = windows_of({0, 3}, {2, 6});
  windows.index = at::arange(6).view({2, 3});
  windows.mask = at::tensor({1, 1, 0, 1, 1, 1}, at::kInt).to(at::kBool).view({2, 3});
  EXPECT_TRUE(slots_from_end(windows, at::zeros({6, 1})).equal(at::tensor({1, 0, 0, 2, 1, 0}, at::kLong)));
}

}  // namespace
}  // namespace rechub::ops
