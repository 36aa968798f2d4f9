#include "rechub/ops/windows.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/ops/gradcheck.h"

namespace rechub::ops {
namespace {

TEST(Windows, PaddedMakesIndexAndMask) {
  const Windows windows = windows_of({1, 3, 2}, {3, 3, 5}).padded();
  EXPECT_TRUE(windows.mask.equal(at::tensor({1, 1, 0, 0, 0, 0, 1, 1, 1}, at::kInt).to(at::kBool).view({3, 3})));
  EXPECT_TRUE(windows.index.masked_select(windows.mask).equal(at::tensor({1, 2, 2, 3, 4}, at::kLong)));
  EXPECT_GE(windows.index.min().item<int64_t>(), 0);
  EXPECT_LT(windows.index.max().item<int64_t>(), 5);
}

TEST(Windows, PaddedKeepsAnIndexThatIsThere) {
  Windows windows;
  windows.index = at::arange(6).view({2, 3});
  windows.mask = at::ones({2, 3}, at::kBool);
  EXPECT_TRUE(windows.padded().index.is_same(windows.index));
}

TEST(Windows, EmptyWindowsAndNoWindows) {
  EXPECT_EQ(windows_of({4, 4}, {4, 4}).padded().index.sizes(), (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(windows_of({}, {}).padded().index.sizes(), (std::vector<int64_t>{0, 1}));
}

TEST(Windows, PackedAndPaddedAreInverse) {
  const at::Tensor values = random_tensor({7, 3}, 1);
  const Windows windows = windows_of({4, 0, 1}, {7, 1, 3}).padded();  // position 3 lies in no window
  const at::Tensor back = to_packed(to_padded(values, windows), windows, values);
  at::Tensor expected = values.clone();
  expected.select(0, 3).zero_();
  EXPECT_TRUE(back.equal(expected));
}

TEST(Windows, WhatIsMaskedNeverComesBack) {
  const at::Tensor values = random_tensor({2, 3}, 1);
  Windows windows = windows_of({0, 1}, {1, 1}).padded();
  const at::Tensor padded = to_padded(values, windows).masked_fill(windows.mask.logical_not().unsqueeze(-1), NAN);
  EXPECT_TRUE(at::isfinite(to_packed(padded, windows, values)).all().item<bool>());
  windows.is_padded_input = true;
  EXPECT_TRUE(at::isfinite(to_packed(padded, windows, values)).all().item<bool>());
}

TEST(Windows, GradientsOfBothWays) {
  const Windows windows = windows_of({4, 0, 1}, {7, 1, 3}).padded();
  EXPECT_LT(gradient_error([&](const auto& x) { return to_padded(x[0], windows); }, {random_tensor({7, 3}, 1)}), 1e-6);
  EXPECT_LT(gradient_error([&](const auto& x) { return to_packed(x[0], windows, at::zeros({7, 1}, at::kDouble)); }, {random_tensor({3, 3, 2}, 1)}), 1e-6);
}

}  // namespace
}  // namespace rechub::ops
