#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

at::Tensor random_targets(int64_t rows, int64_t items) { return (random_tensor({rows}, 8).abs() * 1e6).to(at::kLong).remainder(items); }

TensorFunction loss_of(const at::Tensor& targets, const at::Tensor& weights, double scale) {
  return [=](const std::vector<at::Tensor>& x) { return full_softmax_loss(x[0], x[1], targets, weights.defined() ? weights.to(x[0].scalar_type()) : weights, scale); };
}

TEST(FullSoftmaxLoss, EqualsLibTorchsCrossEntropy) {
  const at::Tensor x = random_tensor({2500, 6}, 1), w = random_tensor({37, 6}, 2), targets = random_targets(2500, 37), weights = random_tensor({2500}, 4).abs();
  const at::Tensor each = at::cross_entropy_loss(at::matmul(x, w.t()) * 0.7, targets, {}, at::Reduction::None);
  EXPECT_LT(relative_error(full_softmax_loss(x, w, targets, {}, 0.7), each.sum()), 1e-12);
  EXPECT_LT(relative_error(full_softmax_loss(x, w, targets, weights, 0.7), (each * weights).sum()), 1e-12);
}

TEST(FullSoftmaxLoss, GradientsEqualFiniteDifferences) {
  EXPECT_LT(gradient_error(loss_of(random_targets(5, 7), random_tensor({5}, 4).abs(), 1.3), {random_tensor({5, 3}, 1), random_tensor({7, 3}, 2)}), 1e-6);
}

TEST(FullSoftmaxLoss, FusedEqualsComposite) {
  for (auto [rows, items, width] : std::vector<std::array<int64_t, 3>>{{1, 1, 1}, {3, 17, 8}, {65, 1001, 64}, {130, 300, 50}, {1, 515, 33}}) {
    for (bool weighted : {false, true}) {
      const at::Tensor weights = weighted ? random_tensor({rows}, 4).abs() : at::Tensor();
      EXPECT_LT(fused_error(loss_of(random_targets(rows, items), weights, 0.5), {random_tensor({rows, width}, 1), random_tensor({items, width}, 2)}), 1e-5)
          << rows << " rows, " << items << " items, width " << width;
    }
  }
}

TEST(FullSoftmaxLoss, GradientFollowsWhatTheLossIsMultipliedWith) {
  const at::Tensor targets = random_targets(9, 40);
  const auto loss = [&](const std::vector<at::Tensor>& x) { return full_softmax_loss(x[0], x[1], targets, {}, 1.0) * 0.25 + x[0].sum(); };
  EXPECT_LT(fused_error(loss, {random_tensor({9, 8}, 1), random_tensor({40, 8}, 2)}), 1e-5);
}

TEST(FullSoftmaxLoss, NoRowsCostNothing) { EXPECT_EQ(full_softmax_loss(at::zeros({0, 3}), at::ones({5, 3}), at::zeros({0}, at::kLong), {}, 1.0).item<float>(), 0); }

// Scores of 3e38 and -3e38 are floats, their difference is none.
TEST(FullSoftmaxLoss, ALossBeyondAFloatIsInfinite) {
  const at::Tensor x = at::full({1, 1}, 1e19f), w = at::tensor({3e19f, -3e19f}).view({2, 1});
  EXPECT_EQ(full_softmax_loss(x, w, at::tensor({1}, at::kLong), {}, 1.0).item<float>(), INFINITY);
}

TEST(FullSoftmaxLoss, ShapesThatDisagreeAreAnError) {
  EXPECT_THROW(full_softmax_loss(at::zeros({2, 3}), at::zeros({5, 4}), at::zeros({2}, at::kLong), {}, 1.0), Error);
  EXPECT_THROW(full_softmax_loss(at::zeros({2, 3}), at::zeros({5, 3}), at::zeros({1}, at::kLong), {}, 1.0), Error);
}

}  // namespace
}  // namespace rechub::ops
