#include <ATen/ATen.h>

#include "rechub/losses/loss.h"

namespace rechub {

at::Tensor bpr_loss(const LossInput& input) {
  const SampledScores scores = sampled_scores(input, DrawnHard::kTwice);
  const at::Tensor losses = at::softplus(scores.negative - scores.target.unsqueeze(1));  // [R, K] -log sigmoid(s+ - s-)
  return weighted_mean(mean_without_hits(losses, scores.is_hit), input.weights);
}

at::Tensor bce_loss(const LossInput& input) {
  const auto of_target = [&](const at::Tensor& score) { return input.labels.defined() ? at::softplus(score) - input.labels * score : at::softplus(-score); };
  if (!input.negatives.defined()) return weighted_mean(of_target(target_scores(input)), input.weights);
  const SampledScores scores = sampled_scores(input, DrawnHard::kTwice);
  const at::Tensor negatives = mean_without_hits(at::softplus(scores.negative), scores.is_hit);  // [R]
  return weighted_mean(of_target(scores.target) + negatives, input.weights);
}

}  // namespace rechub
