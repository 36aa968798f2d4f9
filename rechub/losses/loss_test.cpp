#include "rechub/losses/loss.h"

#include <cmath>
#include <functional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

at::Tensor random_tensor(at::IntArrayRef shape, uint64_t seed) {
  at::Tensor out = at::empty(shape, at::kDouble);
  Random random(seed);
  for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<double>()[i] = random.normal();
  return out;
}

at::Tensor long_tensor(std::vector<int64_t> values) { return at::tensor(values, at::kLong); }

// 4 readouts, 7 items, every negative list shared or per readout.
LossInput example(bool shared) {
  LossInput input;
  input.users = random_tensor({4, 5}, 1);
  input.items = random_tensor({7, 5}, 2);
  input.targets = long_tensor({0, 3, 6, 3});
  input.weights = at::tensor({1.0, 2.0, 0.5, 1.0}, at::kDouble);
  input.negatives = shared ? long_tensor({1, 3, 5}) : long_tensor({1, 2, 0, 2, 3, 3, 5, 6, 1, 0, 1, 2}).view({4, 3});
  input.log_expected = random_tensor(input.negatives.sizes(), 3);
  input.scale = 0.7;
  return input;
}

double value(const LossEntry& loss, const LossInput& input) { return loss.forward(input).item<double>(); }

TEST(Losses, GradientsEqualFiniteDifferences) {
  for (const LossEntry& loss : loss_entries()) {
    for (bool shared : {true, false}) {
      LossInput input = example(shared);
      input.users.requires_grad_(true);
      input.items.requires_grad_(true);
      loss.forward(input).backward();
      for (at::Tensor* tensor : {&input.users, &input.items}) {
        const at::Tensor gradient = tensor->grad().clone();
        double* data = tensor->data_ptr<double>();
        for (int64_t i = 0; i < tensor->numel(); ++i) {
          const double saved = data[i], h = 1e-5;
          at::NoGradGuard no_grad;
          data[i] = saved + h;
          const double above = value(loss, input);
          data[i] = saved - h;
          const double below = value(loss, input);
          data[i] = saved;
          EXPECT_NEAR(gradient.data_ptr<double>()[i], (above - below) / (2 * h), 1e-7) << loss.name;
        }
      }
    }
  }
}

// Closed forms at equal scores: ln N, ln(K + 1), ln 2, 2 ln 2.
TEST(Losses, ClosedFormsAtEqualScores) {
  LossInput input = example(true);
  input.users.zero_();
  input.log_expected.zero_();
  input.negatives = long_tensor({1, 2, 5});  // no accidental hit
  EXPECT_NEAR(value(find_loss("softmax"), input), std::log(7), 1e-12);
  EXPECT_NEAR(value(find_loss("sampled_softmax"), input), std::log(4), 1e-12);
  EXPECT_NEAR(value(find_loss("bpr"), input), std::log(2), 1e-12);
  EXPECT_NEAR(value(find_loss("bce"), input), 2 * std::log(2), 1e-12);
}

TEST(Losses, AllItemsSampledIsTheFullSoftmax) {
  LossInput input = example(true);
  input.negatives = at::arange(7, at::kLong);
  input.log_expected = at::zeros({7}, at::kDouble);
  LossInput full = input;
  input.users.requires_grad_(true);
  const at::Tensor sampled = sampled_softmax_loss(input);
  EXPECT_NEAR(sampled.item<double>(), value(find_loss("softmax"), full), 1e-12);
  sampled.backward();
  const at::Tensor gradient = input.users.grad().clone();
  input.users.mutable_grad().zero_();
  softmax_loss(input).backward();
  EXPECT_TRUE(at::allclose(gradient, input.users.grad(), 1e-10, 1e-12));
}

TEST(Losses, AccidentalHitsAreAsIfTheyWereNotThere) {
  LossInput with_hit = example(true);
  with_hit.targets = long_tensor({3, 3, 3, 3});
  LossInput without = with_hit;
  without.negatives = long_tensor({1, 5});
  without.log_expected = with_hit.log_expected.index_select(0, long_tensor({0, 2}));
  for (const LossEntry& loss : loss_entries()) {
    if (loss.needs_catalogue) continue;
    EXPECT_NEAR(value(loss, with_hit), value(loss, without), 1e-12) << loss.name;
  }
}

TEST(Losses, AWeightIsARepetition) {
  for (const LossEntry& loss : loss_entries()) {
    LossInput weighted = example(true);
    weighted.weights = at::tensor({1.0, 2.0, 1.0, 1.0}, at::kDouble);
    LossInput repeated = example(true);
    const at::Tensor rows = long_tensor({0, 1, 1, 2, 3});
    repeated.users = repeated.users.index_select(0, rows);
    repeated.targets = repeated.targets.index_select(0, rows);
    repeated.weights = at::Tensor();
    EXPECT_NEAR(value(loss, weighted), value(loss, repeated), 1e-12) << loss.name;
  }
}

// Rows that bring their own label, and no negatives: the cross-entropy of the logistic model, whose gradient in a score is sigmoid(s) - y.
TEST(Losses, LabelsAreClosedForms) {
  LossInput input = example(true);
  input.weights = at::Tensor();
  input.negatives = at::Tensor();
  input.labels = at::tensor({1.0, 0.0, 0.25, 1.0}, at::kDouble);
  input.users.requires_grad_(true);
  double expected = 0;
  std::vector<double> slopes;
  for (int64_t r = 0; r < 4; ++r) {
    const double score = 0.7 * (input.users[r] * input.items[input.targets[r].item<int64_t>()]).sum().item<double>(), y = input.labels[r].item<double>();
    const double probability = 1 / (1 + std::exp(-score));
    expected -= (y * std::log(probability) + (1 - y) * std::log(1 - probability)) / 4;
    slopes.push_back(0.7 * (probability - y) / 4);
  }
  const at::Tensor loss = bce_loss(input);
  EXPECT_NEAR(loss.item<double>(), expected, 1e-12);
  loss.backward();
  for (int64_t r = 0; r < 4; ++r) {
    EXPECT_TRUE(at::allclose(input.users.grad()[r], slopes[r] * input.items[input.targets[r].item<int64_t>()], 1e-10, 1e-12)) << r;
  }
}

// A batch whose events are all history only, as clicks are where only purchases are targets.
TEST(Losses, WithoutAnyWeightTheLossIsZero) {
  for (const LossEntry& loss : loss_entries()) {
    LossInput input = example(true);
    input.weights = at::zeros({4}, at::kDouble);
    EXPECT_EQ(value(loss, input), 0) << loss.name;
  }
}

TEST(Losses, HugeScoresStayFinite) {
  for (const LossEntry& loss : loss_entries()) {
    LossInput input = example(true);
    input.users = input.users * 1e4;
    EXPECT_TRUE(std::isfinite(value(loss, input))) << loss.name;
  }
}

TEST(Losses, UnknownNameNamesTheNearest) { EXPECT_THROW(find_loss("sofmax"), Error); }

}  // namespace
}  // namespace rechub
