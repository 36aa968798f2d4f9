#include <limits>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/ops/dispatch.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

at::Tensor composite(const at::Tensor& x, const SampledCandidates& sample, const at::Tensor& weights, double scale) {
  const at::Tensor is_hit = at::eq(sample.target_ids.unsqueeze(1), sample.ids.unsqueeze(0));  // [R, K]
  const at::Tensor logits = at::masked_fill(at::matmul(x, sample.vectors.t()) * scale + sample.bias, is_hit, -std::numeric_limits<double>::infinity());
  const at::Tensor loss = at::cat({sample.target_logits.unsqueeze(1), logits}, 1).logsumexp(1) - sample.target_logits;  // [R]
  return weights.defined() ? (loss * weights).sum() : loss.sum();
}

}  // namespace

at::Tensor sampled_softmax_loss(const at::Tensor& x, const SampledCandidates& sample, const at::Tensor& weights, double scale) {
  const int64_t rows = x.size(0), count = sample.vectors.size(0);
  check(x.dim() == 2 && sample.vectors.dim() == 2 && x.size(1) == sample.vectors.size(1) && sample.target_logits.numel() == rows && sample.target_ids.numel() == rows &&
            sample.ids.numel() == count && sample.bias.numel() == count && (!weights.defined() || weights.numel() == rows),
        ErrorKind::kShape, "the sampled softmax takes x [R, D], vectors [K, D], target_logits, target_ids and weights [R], ids and bias [K]; R is {}, D {} and {}, K {}", rows,
        x.size(-1), sample.vectors.size(-1), count);
  if (count > 0 && sample.ids.is_cpu() && takes_fused({x, sample.vectors, sample.target_logits, sample.bias, weights.defined() ? weights : x})) {
    return fused::sampled_softmax_loss(x, sample, weights, scale);
  }
  return composite(x, sample, weights, scale);
}

}  // namespace rechub::ops
