#pragma once

#include <cstdint>

namespace rechub {

// A dropout mask is a pure function of (seed, high, low), two 32-bit words that name the element: nothing is stored, and any thread computes any part. With mix = lowbias32
// (Wellons 2018: x ^= x >> 16, x *= 0x7feb352d, x ^= x >> 15, x *= 0x846ca68b, x ^= x >> 16) and all sums modulo 2^32,
//   first = mix(mix(high ^ seed_low) + seed_high), second = mix(first + 0x9e3779b9), hash = mix(mix(low + first) ^ second),
// and the element is kept where hash >= threshold. Keys and two rounds a word: with one round, two seeds' masks would be the same sequence in another order.
struct DropoutRule {
  uint64_t seed = 0;
  uint32_t threshold = 0;   // p * 2^32; 0 keeps all
  float keep_scale = 1.0f;  // 1 / (1 - p), what kept elements are multiplied with
};
DropoutRule dropout_rule(double p, uint64_t seed);  // p in [0, 1)

struct DropoutKernels {
  // y[i] = x[i] * keep_scale where element first + i is kept, else 0, for i in [0, count). An element's flat number is high * 2^32 + low. x and y may be the same array.
  void (*apply)(const DropoutRule& rule, const float* x, float* y, int64_t first, int64_t count);
};

namespace reference {
DropoutKernels dropout_kernels();
// keep_scale or 0 for one element.
float dropout_factor(const DropoutRule& rule, uint32_t high, uint32_t low);
}  // namespace reference
namespace avx2 {
DropoutKernels dropout_kernels();
}
namespace avx512 {
DropoutKernels dropout_kernels();
}

}  // namespace rechub
