#include <ATen/ATen.h>

#include "rechub/ops/ops.h"

namespace rechub::ops {

at::Tensor slots_from_end(const Windows& windows, const at::Tensor& values) {
  if (windows.index.defined()) {                                            // a padded batch: row b of [B, L] is window b
    const at::Tensor lengths = (windows.end - windows.begin).unsqueeze(1);  // [n, 1]
    const at::Tensor steps = at::cumsum(at::ones_like(windows.index), 1);   // [n, L] 1, 2, ...
    return at::clamp_min(lengths - steps, 0).reshape({-1});                 // [n * L]
  }
  at::Tensor slots = at::zeros({values.size(0)}, at::kLong);
  const int64_t* begin = windows.begin.const_data_ptr<int64_t>();
  const int64_t* end = windows.end.const_data_ptr<int64_t>();
  int64_t* out = slots.mutable_data_ptr<int64_t>();
  for (int64_t w = 0; w < windows.begin.numel(); ++w) {
    for (int64_t p = begin[w]; p < end[w]; ++p) out[p] = end[w] - 1 - p;
  }
  return slots.to(values.device());
}

}  // namespace rechub::ops
