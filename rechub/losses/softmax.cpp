#include <limits>

#include <ATen/ATen.h>

#include "rechub/losses/loss.h"
#include "rechub/ops/ops.h"

namespace rechub {
namespace {

at::Tensor mean_of_sum(const at::Tensor& total, const LossInput& input) {
  return input.weights.defined() ? total / input.weights.sum().clamp_min(1e-12) : total / static_cast<double>(input.targets.size(0));
}

}  // namespace

at::Tensor softmax_loss(const LossInput& input) { return mean_of_sum(ops::full_softmax_loss(input.users, input.items, input.targets, input.weights, input.scale), input); }

// -log( e^s+ / (e^s+ + sum_j e^(s_j - log expected count_j)) ), accidental hits left out of the sum. The target is always a candidate, so it is not corrected: the sum is then an
// unbiased estimate of the sum over the catalogue.
at::Tensor sampled_softmax_loss(const LossInput& input) {
  if (input.negatives.dim() == 1) {
    const at::Tensor target = target_scores(input);  // [R]
    const ops::SampledCandidates sample{input.items.index_select(0, input.negatives), target, -input.log_expected, input.targets, input.negatives};
    return mean_of_sum(ops::sampled_softmax_loss(input.users, sample, input.weights, input.scale), input);
  }
  const SampledScores scores = sampled_scores(input);
  const at::Tensor corrected = at::masked_fill(scores.negative - input.log_expected, scores.is_hit, -std::numeric_limits<double>::infinity());  // [R, K]
  const at::Tensor logits = at::cat({scores.target.unsqueeze(1), corrected}, 1);                                                                // [R, 1 + K]
  return weighted_mean(at::logsumexp(logits, 1) - scores.target, input.weights);
}

}  // namespace rechub
