#include <ATen/ATen.h>

#include "rechub/losses/loss.h"

namespace rechub {
namespace {

constexpr double kHitLogit = -1e30;  // its softmax weight is exactly 0 beside any negative, and no NaN where all are hits

// log of the softmax over a readout's negatives, hits left out: [R, K].
at::Tensor log_negative_weights(const at::Tensor& scores, const at::Tensor& is_hit) { return at::log_softmax(at::masked_fill(scores, is_hit, kHitLogit), 1); }

// The mean of losses [R], 0 for readouts whose negatives are all hits.
at::Tensor mean_of_answerable(const at::Tensor& losses, const SampledScores& scores, const LossInput& input) {
  const at::Tensor nothing = at::all(scores.is_hit, 1);  // [R]
  return weighted_mean(at::masked_fill(losses, nothing, 0), input.weights);
}

}  // namespace

at::Tensor bpr_max_loss(const LossInput& input) {
  SampledScores scores = sampled_scores(input, DrawnHard::kOnce);
  if (input.options.elu > 0) scores.target = at::elu(scores.target, input.options.elu), scores.negative = at::elu(scores.negative, input.options.elu);
  const at::Tensor log_weights = log_negative_weights(scores.negative, scores.is_hit);                                        // [R, K]
  const at::Tensor ranking = -at::logsumexp(log_weights + at::log_sigmoid(scores.target.unsqueeze(1) - scores.negative), 1);  // [R]
  const at::Tensor penalty = (log_weights.exp() * scores.negative.square()).sum(1);                                           // [R]
  return mean_of_answerable(ranking + input.options.regulariser * penalty, scores, input);
}

at::Tensor top1_max_loss(const LossInput& input) {
  const SampledScores scores = sampled_scores(input, DrawnHard::kOnce);
  const at::Tensor weights = log_negative_weights(scores.negative, scores.is_hit).exp();                                        // [R, K]
  const at::Tensor losses = at::sigmoid(scores.negative - scores.target.unsqueeze(1)) + at::sigmoid(scores.negative.square());  // [R, K]
  return mean_of_answerable((weights * losses).sum(1), scores, input);
}

}  // namespace rechub
