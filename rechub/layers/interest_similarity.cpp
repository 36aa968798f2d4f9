#include "rechub/layers/interest_similarity.h"

#include <ATen/ATen.h>

namespace rechub {

at::Tensor mean_pairwise_cosine(const at::Tensor& vectors, const at::Tensor& active) {
  const at::Tensor unit = vectors / at::sqrt((vectors * vectors).sum(2, /*keepdim=*/true) + 1e-24);  // [R, Q, D]
  const at::Tensor cosines = at::matmul(unit, unit.transpose(1, 2));                                 // [R, Q, Q]
  const at::Tensor counts = active.defined() ? active.to(vectors.scalar_type()) : at::ones_like(vectors.select(2, 0));
  const at::Tensor pairs = (counts.unsqueeze(2) * counts.unsqueeze(1)).triu(1);  // [R, Q, Q] each pair once
  return (cosines * pairs).sum({1, 2}) / pairs.sum({1, 2}).clamp_min(1);
}

at::Tensor prototype_covariance(const at::Tensor& prototypes) {
  const at::Tensor centred = prototypes - prototypes.mean(1, /*keepdim=*/true);
  const at::Tensor covariance = at::matmul(centred, centred.t()) / static_cast<double>(prototypes.size(1));  // [L, L]
  return (covariance.square().sum() - covariance.diagonal().square().sum()) / 2;
}

}  // namespace rechub
