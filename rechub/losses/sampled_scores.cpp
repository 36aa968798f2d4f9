#include <ATen/ATen.h>

#include "rechub/losses/loss.h"

namespace rechub {

at::Tensor target_scores(const LossInput& input) { return (input.users * input.items.index_select(0, input.targets)).sum(1) * input.scale; }

SampledScores sampled_scores(const LossInput& input) {
  SampledScores scores;
  scores.target = target_scores(input);                   // [R]
  const at::Tensor targets = input.targets.unsqueeze(1);  // [R, 1]
  if (input.negatives.dim() == 1) {
    scores.negative = at::matmul(input.users, input.items.index_select(0, input.negatives).t()) * input.scale;  // [R, K]
    scores.is_hit = at::eq(input.negatives.unsqueeze(0), targets);
  } else {
    const at::Tensor vectors = input.items.index_select(0, input.negatives.reshape({-1})).view({input.negatives.size(0), input.negatives.size(1), -1});  // [R, K, D]
    scores.negative = at::matmul(vectors, input.users.unsqueeze(2)).squeeze(2) * input.scale;                                                            // [R, K]
    scores.is_hit = at::eq(input.negatives, targets);
  }
  return scores;
}

at::Tensor weighted_mean(const at::Tensor& per_readout, const at::Tensor& weights) {
  if (!weights.defined()) return per_readout.mean();
  return (per_readout * weights).sum() / weights.sum().clamp_min(1e-12);  // all 0: the loss is 0
}

at::Tensor mean_without_hits(const at::Tensor& per_negative, const at::Tensor& is_hit) {
  const at::Tensor kept = at::logical_not(is_hit).to(per_negative.scalar_type());
  return (per_negative * kept).sum(1) / at::clamp_min(kept.sum(1), 1);
}

}  // namespace rechub
