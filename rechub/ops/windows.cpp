#include "rechub/ops/windows.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace rechub {

Windows Windows::padded() const {
  if (index.defined()) return *this;
  Windows result = *this;
  const at::Tensor length = end - begin;  // [n]
  const int64_t longest = length.numel() > 0 ? length.max().item<int64_t>() : 0;
  const at::Tensor offset = at::arange(std::max<int64_t>(longest, 1), begin.options());  // [L]
  result.mask = offset.unsqueeze(0) < length.unsqueeze(1);                               // [n, L]
  result.index = at::where(result.mask, begin.unsqueeze(1) + offset, 0);                 // [n, L]
  return result;
}

at::Tensor to_padded(const at::Tensor& values, const Windows& windows) { return at::embedding(values, windows.index); }  // [n, L, E]

at::Tensor to_packed(const at::Tensor& padded, const Windows& windows, const at::Tensor& like) {
  const at::Tensor rows = padded.masked_fill(windows.mask.logical_not().unsqueeze(-1), 0).flatten(0, 1);  // [n * L, H]
  if (windows.is_padded_input) return rows;
  const at::Tensor zeros = at::zeros_like(like.narrow(1, 0, 1)) + at::zeros({1, padded.size(-1)}, padded.options());  // [P, H]
  return zeros.index_add(0, windows.index.flatten(), rows);
}

at::Tensor padded_offsets(const Windows& windows) { return at::ones_like(windows.index).cumsum(1) - 1; }  // [n, L]

}  // namespace rechub
