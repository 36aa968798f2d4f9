#include "rechub/kernels/dropout.h"

namespace rechub {

DropoutRule dropout_rule(double p, uint64_t seed) { return {seed, static_cast<uint32_t>(p * 4294967296.0), static_cast<float>(1.0 / (1.0 - p))}; }

namespace reference {
namespace {

uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

void apply(const DropoutRule& rule, const float* x, float* y, int64_t first, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const auto number = static_cast<uint64_t>(first + i);
    const float factor = dropout_factor(rule, static_cast<uint32_t>(number >> 32), static_cast<uint32_t>(number));
    y[i] = factor > 0 ? x[i] * factor : 0.0f;
  }
}

}  // namespace

float dropout_factor(const DropoutRule& rule, uint32_t high, uint32_t low) {
  const uint32_t first = mix(mix(high ^ static_cast<uint32_t>(rule.seed)) + static_cast<uint32_t>(rule.seed >> 32));
  const uint32_t second = mix(first + 0x9e3779b9u);
  return mix(mix(low + first) ^ second) >= rule.threshold ? rule.keep_scale : 0.0f;
}

DropoutKernels dropout_kernels() { return {apply}; }

}  // namespace reference
}  // namespace rechub
