#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

at::Tensor random_ids(int64_t count, int64_t items, uint64_t seed) { return (random_tensor({count}, seed).abs() * 1e6).to(at::kLong).remainder(items); }

// Of x [R, D], vectors [K, D] and target logits [R]; ids are drawn from `items`, so that there are accidental hits.
TensorFunction loss_of(int64_t rows, int64_t count, int64_t items, bool weighted) {
  const at::Tensor target_ids = random_ids(rows, items, 8), ids = random_ids(count, items, 9), bias = random_tensor({count}, 5), weights = random_tensor({rows}, 4).abs();
  return [=](const std::vector<at::Tensor>& x) {
    const at::ScalarType type = x[0].scalar_type();
    return sampled_softmax_loss(x[0], {x[1], x[2], bias.to(type), target_ids, ids}, weighted ? weights.to(type) : at::Tensor(), 0.7);
  };
}

std::vector<at::Tensor> inputs(int64_t rows, int64_t count, int64_t width) { return {random_tensor({rows, width}, 1), random_tensor({count, width}, 2), random_tensor({rows}, 3)}; }

// Two candidates of logits ln 3 and ln 9 (bias included) beside a target of logit ln 4: -log(4 / (4 + 3 + 9)); the first is the second readout's own target, so -log(4 / (4 + 9)).
TEST(SampledSoftmaxLoss, MatchesAHandComputedCase) {
  for (bool composite : {false, true}) {
    set_force_composite(composite);
    const at::Tensor x = at::ones({2, 1}), vectors = at::tensor({std::log(3.0f), std::log(3.0f)}).view({2, 1}), bias = at::tensor({0.0f, std::log(3.0f)});
    const at::Tensor logits = at::full({2}, std::log(4.0f)), targets = at::tensor({7, 5}, at::kLong), ids = at::tensor({5, 6}, at::kLong);
    EXPECT_NEAR(sampled_softmax_loss(x, {vectors, logits, bias, targets, ids}, at::tensor({1.0f, 0.0f}), 1.0).item<double>(), std::log(4.0), 1e-6);
    EXPECT_NEAR(sampled_softmax_loss(x, {vectors, logits, bias, targets, ids}, at::tensor({0.0f, 1.0f}), 1.0).item<double>(), std::log(13.0 / 4), 1e-6);
  }
  set_force_composite(false);
}

TEST(SampledSoftmaxLoss, GradientsEqualFiniteDifferences) { EXPECT_LT(gradient_error(loss_of(5, 7, 6, true), inputs(5, 7, 3)), 1e-6); }

TEST(SampledSoftmaxLoss, FusedEqualsComposite) {
  for (auto [rows, count, width] : std::vector<std::array<int64_t, 3>>{{1, 1, 1}, {3, 17, 8}, {65, 1001, 64}, {130, 300, 50}, {1, 515, 33}}) {
    for (bool weighted : {false, true}) {
      EXPECT_LT(fused_error(loss_of(rows, count, 40, weighted), inputs(rows, count, width)), 1e-5) << rows << " rows, " << count << " candidates, width " << width;
    }
  }
}

TEST(SampledSoftmaxLoss, GradientFollowsWhatTheLossIsMultipliedWith) {
  const TensorFunction loss = [&](const std::vector<at::Tensor>& x) { return loss_of(9, 40, 20, false)(x) * 0.25 + x[0].sum(); };
  EXPECT_LT(fused_error(loss, inputs(9, 40, 8)), 1e-5);
}

TEST(SampledSoftmaxLoss, CandidatesThatAreAllHitsCostNothing) {
  const at::Tensor x = random_tensor({2, 3}, 1).to(at::kFloat), ids = at::zeros({4}, at::kLong);
  const SampledCandidates sample{random_tensor({4, 3}, 2).to(at::kFloat), at::ones({2}), at::zeros({4}), at::zeros({2}, at::kLong), ids};
  EXPECT_NEAR(sampled_softmax_loss(x, sample, {}, 1.0).item<double>(), 0, 1e-6);
}

TEST(SampledSoftmaxLoss, ALossBeyondAFloatIsInfinite) {
  const at::Tensor x = at::full({1, 1}, 1e19f), vectors = at::full({1, 1}, 3e19f), ids = at::tensor({5}, at::kLong), target = at::tensor({7}, at::kLong);
  EXPECT_EQ(sampled_softmax_loss(x, {vectors, at::full({1}, -3e38f), at::zeros({1}), target, ids}, {}, 1.0).item<float>(), INFINITY);
}

TEST(SampledSoftmaxLoss, ShapesThatDisagreeAreAnError) {
  const at::Tensor ids = at::zeros({5}, at::kLong), targets = at::zeros({2}, at::kLong);
  EXPECT_THROW(sampled_softmax_loss(at::zeros({2, 3}), {at::zeros({5, 4}), at::zeros({2}), at::zeros({5}), targets, ids}, {}, 1.0), Error);
  EXPECT_THROW(sampled_softmax_loss(at::zeros({2, 3}), {at::zeros({5, 3}), at::zeros({2}), at::zeros({4}), targets, ids}, {}, 1.0), Error);
}

}  // namespace
}  // namespace rechub::ops
