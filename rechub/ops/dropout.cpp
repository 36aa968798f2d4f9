#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/ops/dispatch.h"
#include "rechub/ops/dropout_mask.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

constexpr int64_t kLow32 = 0xffffffff;

// lowbias32 in int64 arithmetic: the low 32 bits of a product do not depend on the high bits of its factors.
at::Tensor mix32(at::Tensor x) {
  x = at::bitwise_xor(x, at::bitwise_right_shift(x, 16));
  x = at::bitwise_and(x * 0x7feb352d, kLow32);
  x = at::bitwise_xor(x, at::bitwise_right_shift(x, 15));
  x = at::bitwise_and(x * 0x846ca68b, kLow32);
  return at::bitwise_xor(x, at::bitwise_right_shift(x, 16));
}

at::Tensor add32(const at::Tensor& a, int64_t b) { return at::bitwise_and(a + b, kLow32); }

}  // namespace

at::Tensor dropout_scale(const at::Tensor& high, const at::Tensor& low, double p, uint64_t seed, const at::Tensor& like) {
  const auto seed_low = static_cast<int64_t>(seed & kLow32), seed_high = static_cast<int64_t>(seed >> 32);
  const at::Tensor first_key = mix32(add32(mix32(at::bitwise_xor(high, seed_low)), seed_high));
  const at::Tensor second_key = mix32(add32(first_key, 0x9e3779b9));
  const at::Tensor hash = mix32(at::bitwise_xor(mix32(at::bitwise_and(low + first_key, kLow32)), second_key));
  return hash.ge(static_cast<int64_t>(p * 4294967296.0)).to(like.options()) / (1.0 - p);
}

at::Tensor dropout(const at::Tensor& x, double p, uint64_t seed) {
  check(p >= 0 && p < 1, ErrorKind::kUsage, "dropout must be at least 0 and below 1, not {}", p);
  if (p == 0) return x;
  if (takes_fused({x})) return fused::dropout(x, p, seed);
  const at::Tensor position = at::arange(x.numel(), x.options().dtype(at::kLong)).view(x.sizes());
  return x * dropout_scale(at::bitwise_right_shift(position, 32), at::bitwise_and(position, kLow32), p, seed, x);
}

}  // namespace rechub::ops
