#include "rechub/ops/window_products.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

// Segments of 3, 0, 4 and 1 pairs; two ways; a width that is no multiple of the fused form's lanes.
Windows segments() { return windows_of({0, 3, 3, 7}, {3, 3, 7, 8}); }
constexpr int64_t kPairs = 8, kWindows = 4, kWays = 2, kWidth = 19;

at::Tensor weights() { return random_tensor({kPairs, kWays}, 1); }
at::Tensor vectors() { return random_tensor({kWindows, kWays, kWidth}, 2); }
at::Tensor x() { return random_tensor({kPairs, kWidth}, 3); }

const TensorFunction kSum = [](const auto& inputs) { return segment_weighted_sum(inputs[0], inputs[1], segments()); };
const TensorFunction kDots = [](const auto& inputs) { return segment_dots(inputs[0], inputs[1], segments()); };
const TensorFunction kMix = [](const auto& inputs) { return segment_mix(inputs[0], inputs[1], segments()); };

TEST(WindowProducts, AreTheirDefinitions) {
  const at::Tensor w = weights(), v = vectors(), rows = x(), sum = kSum({w, rows}), dots = kDots({v, rows}), mix = kMix({w, v});
  ASSERT_EQ(sum.sizes(), (std::vector<int64_t>{kWindows, kWays, kWidth}));
  ASSERT_EQ(dots.sizes(), (std::vector<int64_t>{kPairs, kWays}));
  ASSERT_EQ(mix.sizes(), (std::vector<int64_t>{kPairs, kWidth}));
  const std::vector<int64_t> first = {0, 3, 3, 7}, count = {3, 0, 4, 1};
  for (int64_t n = 0; n < kWindows; ++n) {
    const at::Tensor own_weights = w.narrow(0, first[n], count[n]), own_x = rows.narrow(0, first[n], count[n]);
    EXPECT_LT(relative_error(sum[n], at::matmul(own_weights.t(), own_x)), 1e-12) << n;
    EXPECT_LT(relative_error(dots.narrow(0, first[n], count[n]), at::matmul(own_x, v[n].t())), 1e-12) << n;
    EXPECT_LT(relative_error(mix.narrow(0, first[n], count[n]), at::matmul(own_weights, v[n])), 1e-12) << n;
  }
}

TEST(WindowProducts, GradientsEqualFiniteDifferences) {
  EXPECT_LT(gradient_error(kSum, {weights(), x()}), 1e-8);
  EXPECT_LT(gradient_error(kDots, {vectors(), x()}), 1e-8);
  EXPECT_LT(gradient_error(kMix, {weights(), vectors()}), 1e-8);
}

TEST(WindowProducts, FusedEqualsComposite) {
  EXPECT_LT(fused_error(kSum, {weights(), x()}), 1e-6);
  EXPECT_LT(fused_error(kDots, {vectors(), x()}), 1e-6);
  EXPECT_LT(fused_error(kMix, {weights(), vectors()}), 1e-6);
}

}  // namespace
}  // namespace rechub::ops
