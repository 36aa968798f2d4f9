#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/ops/dispatch.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"
#include "rechub/ops/window_pairs.h"

namespace rechub::ops {
namespace {

at::Tensor composite(const at::Tensor& q, const at::Tensor& k, const at::Tensor& weight, const at::Tensor& x, const Windows& windows, bool normalised) {
  const WindowPairs pairs(windows);
  const at::Tensor scores = at::linear(at::sigmoid(pairs.of_windows(q) + pairs.of_positions(k)), weight);    // pairs [.., 1]
  return pairs.weighted_sum(normalised ? pairs.softmax(scores) : scores, pairs.of_positions(x)).squeeze(1);  // [n, E]
}

}  // namespace

at::Tensor additive_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& weight, const at::Tensor& x, const Windows& windows, bool normalised) {
  check(q.size(1) == k.size(1) && weight.dim() == 2 && weight.size(0) == 1 && weight.size(1) == k.size(1), ErrorKind::kShape,
        "additive attention needs queries, keys and a weight [1, W] of one width, got {}, {} and {}", q.size(1), k.size(1), weight.size(-1));
  if (takes_fused({q, k, weight, x}, windows)) return fused::additive_attention(q, k, weight, x, windows, normalised);
  return composite(q, k, weight, x, windows, normalised);
}

}  // namespace rechub::ops
