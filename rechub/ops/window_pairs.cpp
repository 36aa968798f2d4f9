#include "rechub/ops/window_pairs.h"

#include <vector>

#include <ATen/ATen.h>

#include "rechub/ops/ops.h"
#include "rechub/ops/window_products.h"

namespace rechub {
namespace {

constexpr double kMasked = -1e30;  // finite, so that a row of nothing but padding has no NaN in its gradient

// window_pool takes matrices.
at::Tensor pool(const at::Tensor& x, const Windows& segments, const char* mode) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape[0] = segments.begin.size(0);
  if (x.size(0) == 0) return at::zeros(shape, x.options());
  return ops::window_pool(x.flatten(1), segments, mode).view(shape);
}

}  // namespace

WindowPairs::WindowPairs(const Windows& windows) : is_padded_(windows.index.defined()), windows_(windows) {
  if (is_padded_) return;
  const at::Tensor length = windows.end - windows.begin;  // [n]
  segments_.end = length.cumsum(0);
  segments_.begin = segments_.end - length;
  window_ = at::arange(length.numel(), length.options()).repeat_interleave(length);                                        // [T]
  position_ = at::arange(window_.numel(), length.options()) + (windows.begin - segments_.begin).index_select(0, window_);  // [T]
}

at::Tensor WindowPairs::of_positions(const at::Tensor& values) const { return is_padded_ ? to_padded(values, windows_) : values.index_select(0, position_); }

at::Tensor WindowPairs::of_windows(const at::Tensor& values) const { return is_padded_ ? values.unsqueeze(1) : values.index_select(0, window_); }

at::Tensor WindowPairs::softmax(const at::Tensor& scores) const {
  if (is_padded_) return keep(at::softmax(scores.masked_fill(windows_.mask.logical_not().unsqueeze(-1), kMasked), 1));
  const at::Tensor largest = of_windows(pool(scores.detach(), segments_, "max"));
  const at::Tensor powers = (scores - largest).exp();
  return powers / of_windows(pool(powers, segments_, "sum"));
}

at::Tensor WindowPairs::sum(const at::Tensor& x) const { return is_padded_ ? keep(x).sum(1) : pool(x, segments_, "sum"); }

at::Tensor WindowPairs::weighted_sum(const at::Tensor& weights, const at::Tensor& x) const {
  if (is_padded_) return at::matmul(keep(weights).transpose(1, 2), x);  // [n, K, L] [n, L, E]
  return ops::segment_weighted_sum(weights, x, segments_);
}

at::Tensor WindowPairs::dots(const at::Tensor& vectors, const at::Tensor& x) const {
  if (is_padded_) return at::matmul(x, vectors.transpose(1, 2));  // [n, L, E] [n, E, K]
  return ops::segment_dots(vectors, x, segments_);
}

at::Tensor WindowPairs::mix(const at::Tensor& weights, const at::Tensor& vectors) const {
  if (is_padded_) return at::matmul(weights, vectors);  // [n, L, K] [n, K, E]
  return ops::segment_mix(weights, vectors, segments_);
}

at::Tensor WindowPairs::lengths(const at::Tensor& like) const {
  const at::Tensor length = is_padded_ ? windows_.mask.sum(1) : windows_.end - windows_.begin;
  return length.to(like.scalar_type()).unsqueeze(1);
}

at::Tensor WindowPairs::steps_from_end() const {
  if (is_padded_) return (windows_.mask.sum(1, /*keepdim=*/true) - 1 - padded_offsets(windows_)).clamp_min(0);  // [n, L]
  return (windows_.end - 1).index_select(0, window_) - position_;                                               // [T]
}

at::Tensor WindowPairs::steps_from_begin() const {
  if (is_padded_) return padded_offsets(windows_);                                                   // [n, L]
  return at::arange(window_.numel(), window_.options()) - segments_.begin.index_select(0, window_);  // [T]
}

at::Tensor WindowPairs::keep(const at::Tensor& x) const {
  at::Tensor missing = windows_.mask.logical_not();  // [n, L]
  while (missing.dim() < x.dim()) missing = missing.unsqueeze(-1);
  return x.masked_fill(missing, 0);
}

}  // namespace rechub
