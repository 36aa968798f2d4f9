#include "rechub/ops/window_products.h"

#include <ATen/ATen.h>

#include "rechub/ops/dispatch.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

// int64 [T]: the window of each pair.
at::Tensor window_of_pairs(const Windows& segments) { return at::arange(segments.begin.numel(), segments.begin.options()).repeat_interleave(segments.end - segments.begin); }

}  // namespace

at::Tensor segment_weighted_sum(const at::Tensor& weights, const at::Tensor& x, const Windows& segments) {
  if (takes_fused({weights, x}, segments)) return fused::segment_weighted_sum(weights, x, segments);
  const at::Tensor products = weights.unsqueeze(-1) * x.unsqueeze(-2);  // [T, K, E]
  return at::zeros({segments.begin.numel(), weights.size(1), x.size(1)}, x.options()).index_add(0, window_of_pairs(segments), products);
}

at::Tensor segment_dots(const at::Tensor& vectors, const at::Tensor& x, const Windows& segments) {
  if (takes_fused({vectors, x}, segments)) return fused::segment_dots(vectors, x, segments);
  return (vectors.index_select(0, window_of_pairs(segments)) * x.unsqueeze(-2)).sum(-1);
}

at::Tensor segment_mix(const at::Tensor& weights, const at::Tensor& vectors, const Windows& segments) {
  if (takes_fused({weights, vectors}, segments)) return fused::segment_mix(weights, vectors, segments);
  return (weights.unsqueeze(-1) * vectors.index_select(0, window_of_pairs(segments))).sum(-2);
}

}  // namespace rechub::ops
