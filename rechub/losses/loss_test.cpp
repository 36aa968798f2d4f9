#include "rechub/losses/loss.h"

#include <cmath>
#include <functional>
#include <set>

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
  input.target_log_expected = random_tensor({4}, 4);
  input.scale = 0.7;
  input.num_items = 7;
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

// Closed forms at equal scores: ln N, ln(K + 1), ln(1 + alpha K), ln 2, 2 ln 2, the margin, sigmoid(0) + sigmoid(0).
TEST(Losses, ClosedFormsAtEqualScores) {
  LossInput input = example(true);
  input.users.zero_();
  input.log_expected.zero_();
  input.target_log_expected.zero_();
  input.negatives = long_tensor({1, 2, 5});  // no accidental hit
  input.options.sce_alpha = 100;
  input.options.margin = 0.3;
  EXPECT_NEAR(value(find_loss("softmax"), input), std::log(7), 1e-12);
  EXPECT_NEAR(value(find_loss("sampled_softmax"), input), std::log(4), 1e-12);
  EXPECT_NEAR(value(find_loss("bpr"), input), std::log(2), 1e-12);
  EXPECT_NEAR(value(find_loss("bce"), input), 2 * std::log(2), 1e-12);
  EXPECT_NEAR(value(find_loss("corrected_softmax"), input), std::log(4), 1e-12);
  EXPECT_NEAR(value(find_loss("scaled_softmax"), input), std::log(301), 1e-12);
  EXPECT_NEAR(value(find_loss("hinge"), input), 0.3, 1e-12);
  EXPECT_NEAR(value(find_loss("bpr_max"), input), std::log(2), 1e-12);
  EXPECT_NEAR(value(find_loss("top1_max"), input), 1, 1e-12);
  const double beta = 1 - 0.75 * (1 - 3.0 / 6);
  EXPECT_NEAR(value(find_loss("gbce"), input), std::log(2) * (beta + 3) / 4, 1e-12);
}

// One readout of score .5 against two negatives of scores 1 and -1.
LossInput three_scores() {
  LossInput input;
  input.users = at::ones({1, 1}, at::kDouble);
  input.items = at::tensor({0.5, 1.0, -1.0}, at::kDouble).view({3, 1});
  input.targets = long_tensor({0});
  input.negatives = long_tensor({1, 2});
  input.log_expected = at::tensor({std::log(0.5), std::log(0.25)}, at::kDouble);
  input.target_log_expected = at::tensor({std::log(0.2)}, at::kDouble);
  input.num_items = 3;
  return input;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(Losses, MatchHandComputedCases) {
  LossInput input = three_scores();
  const double e = std::exp(1.0), target = std::exp(0.5);
  input.options.margin = 1;
  EXPECT_NEAR(value(find_loss("hinge"), input), (1.5 + 0) / 2, 1e-12);  // the second is 1.5 below: beyond the margin

  const double first = e / (e + 1 / e), second = 1 - first;  // softmax of 1 and -1
  input.options.regulariser = 0.7;
  input.options.elu = 0;
  EXPECT_NEAR(value(find_loss("bpr_max"), input), -std::log(first * sigmoid(-0.5) + second * sigmoid(1.5)) + 0.7, 1e-12);  // squared scores are 1 and 1
  EXPECT_NEAR(value(find_loss("top1_max"), input), first * (sigmoid(0.5) + sigmoid(1)) + second * (sigmoid(-1.5) + sigmoid(1)), 1e-12);
  input.options.elu = 1;
  const double low = std::exp(-1.0) - 1, first_of_elu = e / (e + std::exp(low)), second_of_elu = 1 - first_of_elu;
  EXPECT_NEAR(value(find_loss("bpr_max"), input), -std::log(first_of_elu * sigmoid(-0.5) + second_of_elu * sigmoid(0.5 - low)) + 0.7 * (first_of_elu + second_of_elu * low * low),
              1e-12);

  input.options.sce_alpha = 3;
  EXPECT_NEAR(value(find_loss("scaled_softmax"), input), std::log((target + 3 * (e + 1 / e)) / target), 1e-12);
  EXPECT_NEAR(value(find_loss("corrected_softmax"), input), std::log((target / 0.2 + e / 0.5 + 1 / e / 0.25) / (target / 0.2)), 1e-12);
}

// Yi et al. 2019 divide by the temperature first and subtract log q then. Subtracting first would multiply the correction by 1 / temperature.
TEST(Losses, TheCorrectionStandsBehindTheTemperature) {
  LossInput input = three_scores();
  input.scale = 1 / 0.05;
  const auto of_logits = [](double target, double first, double second) { return std::log1p(std::exp(first - target) + std::exp(second - target)); };
  const double right = of_logits(0.5 / 0.05 - std::log(0.2), 1 / 0.05 - std::log(0.5), -1 / 0.05 - std::log(0.25));
  const double wrong = of_logits((0.5 - std::log(0.2)) / 0.05, (1 - std::log(0.5)) / 0.05, (-1 - std::log(0.25)) / 0.05);
  EXPECT_NEAR(value(find_loss("corrected_softmax"), input), right, 1e-12);
  EXPECT_GT(std::abs(right - wrong), 1);
  EXPECT_NEAR(value(find_loss("sampled_softmax"), input), of_logits(0.5 / 0.05, 1 / 0.05 - std::log(0.5), -1 / 0.05 - std::log(0.25)), 1e-12);  // the target as it is
}

TEST(Losses, AShiftOfAllCorrectionsChangesNothing) {
  for (bool shared : {true, false}) {
    const LossInput input = example(shared);
    LossInput shifted = input;
    shifted.log_expected = input.log_expected + 2;
    shifted.target_log_expected = input.target_log_expected + 2;
    EXPECT_NEAR(value(find_loss("corrected_softmax"), input), value(find_loss("corrected_softmax"), shifted), 1e-12);
  }
}

TEST(Losses, ScaledSoftmaxIsTheSampledOneWhereNothingIsCorrected) {
  for (bool shared : {true, false}) {
    LossInput input = example(shared);
    input.log_expected = at::full_like(input.log_expected, -std::log(9));  // each negative counts 9 times
    input.options.sce_alpha = 9;
    EXPECT_NEAR(value(find_loss("scaled_softmax"), input), value(find_loss("sampled_softmax"), input), 1e-12);
  }
}

// t = 0 is the log loss of target and negatives, each counting alike; where all other items are sampled nothing is calibrated.
TEST(Losses, GbceWithoutCalibrationIsBce) {
  EXPECT_NEAR(gbce_beta(0.1, 0), 1, 1e-15);
  EXPECT_NEAR(gbce_beta(1, 0.75), 1, 1e-15);
  const double a = 256.0 / 12100, t = 0.75;
  EXPECT_NEAR(gbce_beta(a, t), a * (t * (1 - 1 / a) + 1 / a), 1e-12);
  LossInput input = three_scores();
  input.options.gbce_t = 0;
  const double losses = -std::log(sigmoid(0.5)) - std::log(sigmoid(-1)) - std::log(sigmoid(1));
  EXPECT_NEAR(value(find_loss("gbce"), input), losses / 3, 1e-12);
  input.num_items = 1001;
  input.options.gbce_t = 0.75;
  EXPECT_NEAR(value(find_loss("gbce"), input), (losses + (1 - gbce_beta(2.0 / 1000, 0.75)) * std::log(sigmoid(0.5))) / 3, 1e-12);
  input.negatives = long_tensor({1});  // one negative: half of bce, which adds target and negative
  input.log_expected = input.log_expected.narrow(0, 0, 1);
  input.options.gbce_t = 0;
  EXPECT_NEAR(value(find_loss("gbce"), input), value(find_loss("bce"), input) / 2, 1e-12);
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
    repeated.target_log_expected = repeated.target_log_expected.index_select(0, rows);
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

// Hard negatives count as if they stood in the readout's own list with nothing to correct; repeated ones and the target itself do not count, nor, but in means over negatives,
// drawn ones that are hard ones already.
TEST(Losses, HardNegativesJoinTheDrawn) {
  LossInput input = three_scores();  // target .5; drawn 1 and -1
  input.items = at::tensor({0.5, 1.0, -1.0, 0.7}, at::kDouble).view({4, 1});
  input.hard = long_tensor({3, 1, 3, 0}).view({1, 4});
  LossInput listed = input;
  listed.hard = at::Tensor();
  listed.negatives = long_tensor({2, 3, 1}).view({1, 3});
  listed.log_expected = at::tensor({std::log(0.25), 0.0, 0.0}, at::kDouble).view({1, 3});
  for (const LossEntry& loss : loss_entries()) {
    if (loss.needs_catalogue) continue;
    LossInput expected = listed;
    if (std::set<std::string>{"bpr", "hinge", "bce"}.contains(loss.name)) expected.negatives = long_tensor({1, 2, 3, 1}).view({1, 4});
    EXPECT_NEAR(value(loss, input), value(loss, expected), 1e-12) << loss.name;
  }
}

// Two rows of items that are one item, as an entry of a queue and an item of the batch may be.
TEST(Losses, RowsOfOneItemAreHits) {
  for (bool shared : {true, false}) {
    LossInput same_row = example(shared);
    LossInput other_row = same_row;
    other_row.items = at::cat({same_row.items, same_row.items});
    other_row.item_ids = at::arange(14, at::kLong).remainder(7);
    other_row.negatives = same_row.negatives + 7;
    for (const LossEntry& loss : loss_entries()) {
      if (loss.needs_catalogue) continue;
      EXPECT_NEAR(value(loss, other_row), value(loss, same_row), 1e-12) << loss.name;
    }
  }
}

TEST(Losses, NegativesThatAreAllHitsCostNothing) {
  for (const LossEntry& loss : loss_entries()) {
    if (loss.needs_catalogue || std::string(loss.name) == "bce" || std::string(loss.name) == "gbce") continue;  // those two still want the target's score high
    LossInput input = three_scores();
    input.negatives = long_tensor({0, 0});
    input.users.requires_grad_(true);
    const at::Tensor result = loss.forward(input);
    EXPECT_NEAR(result.item<double>(), 0, 1e-12) << loss.name;
    result.backward();
    EXPECT_NEAR(input.users.grad().item<double>(), 0, 1e-12) << loss.name;
  }
}

TEST(Losses, SettingsOutOfRangeAreRefused) {
  const auto refuses = [](auto change) {
    LossOptions options;
    change(options);
    EXPECT_THROW(options.validate(), Error);
  };
  LossOptions().validate();
  refuses([](LossOptions& options) { options.margin = -0.1; });
  refuses([](LossOptions& options) { options.regulariser = NAN; });
  refuses([](LossOptions& options) { options.elu = -1; });
  refuses([](LossOptions& options) { options.gbce_t = 1.5; });
  refuses([](LossOptions& options) { options.sce_alpha = 0; });
}

TEST(Losses, UnknownNameNamesTheNearest) { EXPECT_THROW(find_loss("sofmax"), Error); }

}  // namespace
}  // namespace rechub
