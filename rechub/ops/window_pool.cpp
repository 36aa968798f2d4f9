#include <limits>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/ops/dispatch.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

at::Tensor max_composite(const at::Tensor& padded, const at::Tensor& missing, const at::Tensor& mask) {
  const at::Tensor largest = std::get<0>(padded.masked_fill(missing, -std::numeric_limits<double>::infinity()).max(1));  // [n, E]
  return largest.masked_fill(mask.any(1).logical_not().unsqueeze(-1), 0);
}

at::Tensor composite(const at::Tensor& values, const Windows& windows, const std::string& mode) {
  const at::Tensor padded = to_padded(values, windows);                 // [n, L, E]
  const at::Tensor missing = windows.mask.logical_not().unsqueeze(-1);  // [n, L, 1]
  if (mode == "max") return max_composite(padded, missing, windows.mask);
  const at::Tensor sum = padded.masked_fill(missing, 0).sum(1);  // [n, E]
  if (mode == "sum") return sum;
  return sum / windows.mask.to(values.scalar_type()).sum(1, /*keepdim=*/true).clamp_min(1);  // [n, E]
}

}  // namespace

at::Tensor window_pool(const at::Tensor& values, const Windows& windows, const std::string& mode) {
  check(mode == "mean" || mode == "sum" || mode == "max", ErrorKind::kUsage, "pooling must be mean, sum or max, not \"{}\"", mode);
  if (takes_fused({values}, windows)) return fused::window_pool(values, windows, mode);
  return composite(values, windows.padded(), mode);
}

}  // namespace rechub::ops
