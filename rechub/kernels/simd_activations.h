#pragma once

// The sigmoid and the hyperbolic tangent on the vectors of simd.h; for .simd.cpp files only, with internal linkage like simd.h.

#include "rechub/kernels/simd.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

// 1 / (1 + e^-x), relative error below 1e-6 where the result is normal.
inline Vec sigmoid(Vec x) { return broadcast(1.0f) / (broadcast(1.0f) + exp(broadcast(0.0f) - x)); }

// tanh(x), relative error below 1e-6. (The polynomial near 0 is that of Cephes' tanhf.)
inline Vec tanh(Vec x) {
  const Vec zero = broadcast(0.0f), one = broadcast(1.0f);
  const Vec size = max_or_second(zero - x, x);
  const Vec far = one - broadcast(2.0f) / (exp(size + size) + one);
  const Vec square = x * x;
  Vec p = broadcast(-5.70498872745e-3f);
  p = fma(p, square, broadcast(2.06390887954e-2f));
  p = fma(p, square, broadcast(-5.37397155531e-2f));
  p = fma(p, square, broadcast(1.33314422036e-1f));
  p = fma(p, square, broadcast(-3.33332819422e-1f));
  const Vec near = fma(p * square, x, x);
  return select(greater(broadcast(0.625f), size), near, select(greater(zero, x), zero - far, far));
}

}  // namespace
}  // namespace rechub::RECHUB_SIMD_LEVEL
