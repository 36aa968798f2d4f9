#include <algorithm>

#include <ATen/ATen.h>

#include "rechub/losses/loss.h"

namespace rechub {

double gbce_beta(double sampling_rate, double t) { return 1 - t * (1 - sampling_rate); }

at::Tensor gbce_loss(const LossInput& input) {
  const SampledScores scores = sampled_scores(input, DrawnHard::kOnce);
  const at::Tensor kept = at::logical_not(scores.is_hit).to(scores.negative.scalar_type());  // [R, K]
  const at::Tensor count = kept.sum(1);                                                      // [R]
  const auto others = static_cast<double>(std::max<int64_t>(input.num_items - 1, 1));
  const at::Tensor beta = 1 - input.options.gbce_t * (1 - at::clamp_max(count / others, 1));  // [R] gbce_beta
  const at::Tensor negatives = (at::softplus(scores.negative) * kept).sum(1);                 // [R]
  return weighted_mean((beta * at::softplus(-scores.target) + negatives) / (count + 1), input.weights);
}

}  // namespace rechub
