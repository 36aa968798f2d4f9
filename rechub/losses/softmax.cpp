#include <cmath>
#include <limits>
#include <optional>

#include <ATen/ATen.h>

#include "rechub/losses/loss.h"
#include "rechub/ops/ops.h"

namespace rechub {
namespace {

at::Tensor mean_of_sum(const at::Tensor& total, const LossInput& input) {
  return input.weights.defined() ? total / input.weights.sum().clamp_min(1e-12) : total / static_cast<double>(input.targets.size(0));
}

// The correction of a negative: log of its expected count, or a constant in its place.
struct Correction {
  std::optional<double> constant;
  at::Tensor of(const at::Tensor& log_expected) const { return constant ? at::full_like(log_expected, *constant) : log_expected; }
};

// The weighted mean of log(e^target + sum_j e^(s_j - correction_j)) - target, accidental hits left out of the sum; target [R] is complete.
at::Tensor softmax_over_sample(const LossInput& input, const at::Tensor& target, const Correction& correction) {
  if (input.negatives.dim() == 1 && !input.hard.defined()) {
    const ops::SampledCandidates sample{input.items.index_select(0, input.negatives), target, -correction.of(input.log_expected), ids_of(input, input.targets),
                                        ids_of(input, input.negatives)};
    return mean_of_sum(ops::sampled_softmax_loss(input.users, sample, input.weights, input.scale), input);
  }
  const SampledScores scores = sampled_scores(input, DrawnHard::kOnce);
  const at::Tensor corrected = at::masked_fill(scores.negative - correction.of(scores.log_expected), scores.is_hit, -std::numeric_limits<double>::infinity());  // [R, K + H]
  return weighted_mean(at::logsumexp(at::cat({target.unsqueeze(1), corrected}, 1), 1) - target, input.weights);
}

}  // namespace

at::Tensor softmax_loss(const LossInput& input) { return mean_of_sum(ops::full_softmax_loss(input.users, input.items, input.targets, input.weights, input.scale), input); }

// The target is always a candidate, so it is not corrected: the sum is then an unbiased estimate of the sum over the catalogue.
at::Tensor sampled_softmax_loss(const LossInput& input) { return softmax_over_sample(input, target_scores(input), {}); }

at::Tensor corrected_softmax_loss(const LossInput& input) { return softmax_over_sample(input, target_scores(input) - input.target_log_expected, {}); }

at::Tensor scaled_softmax_loss(const LossInput& input) { return softmax_over_sample(input, target_scores(input), {-std::log(input.options.sce_alpha)}); }

}  // namespace rechub
