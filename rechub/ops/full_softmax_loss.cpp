#include <algorithm>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/ops/dispatch.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

constexpr int64_t kRowsPerChunk = 1024;  // bounds the logits in memory at 1024 x N when no gradient is asked for

at::Tensor composite(const at::Tensor& x, const at::Tensor& w, const at::Tensor& targets, const at::Tensor& weights, double scale) {
  at::Tensor loss = at::zeros({}, x.options());
  for (int64_t first = 0; first < x.size(0); first += kRowsPerChunk) {
    const int64_t rows = std::min(kRowsPerChunk, x.size(0) - first);
    const at::Tensor logits = at::matmul(x.narrow(0, first, rows), w.t()) * scale;                             // [rows, N]
    const at::Tensor target_logit = logits.gather(1, targets.narrow(0, first, rows).unsqueeze(1)).squeeze(1);  // [rows]
    const at::Tensor row_loss = logits.logsumexp(1) - target_logit;
    loss = loss + (weights.defined() ? (row_loss * weights.narrow(0, first, rows)).sum() : row_loss.sum());
  }
  return loss;
}

}  // namespace

at::Tensor full_softmax_loss(const at::Tensor& x, const at::Tensor& w, const at::Tensor& targets, const at::Tensor& weights, double scale) {
  check(x.dim() == 2 && w.dim() == 2 && x.size(1) == w.size(1) && targets.numel() == x.size(0) && (!weights.defined() || weights.numel() == x.size(0)), ErrorKind::kShape,
        "the softmax loss takes x [R, D], w [N, D], targets and weights [R]; R is {}, D {} and {}, targets {}", x.size(0), x.size(-1), w.size(-1), targets.numel());
  if (takes_fused({x, w, weights.defined() ? weights : x}) && targets.is_cpu()) return fused::full_softmax_loss(x, w, targets, weights, scale);
  return composite(x, w, targets, weights, scale);
}

}  // namespace rechub::ops
