#include <ATen/ATen.h>

#include "rechub/losses/loss.h"

namespace rechub {

at::Tensor hinge_loss(const LossInput& input) {
  const SampledScores scores = sampled_scores(input, DrawnHard::kTwice);
  const at::Tensor losses = at::relu(input.options.margin - scores.target.unsqueeze(1) + scores.negative);  // [R, K]
  return weighted_mean(mean_without_hits(losses, scores.is_hit), input.weights);
}

}  // namespace rechub
