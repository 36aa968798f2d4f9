#include "rechub/kernels/pooling.h"

#include "rechub/kernels/simd_parts.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

void sum(const float* values, int64_t stride, int64_t count, int64_t columns, float scale, float* out) {
  for (int64_t c = 0; c < columns; c += kWidth) {
    Vec total = broadcast(0.0f);
    for (int64_t j = 0; j < count; ++j) total = total + load_part(values + j * stride + c, columns - c);
    store_part(out + c, total * broadcast(scale), columns - c);
  }
}

void max(const float* values, int64_t stride, int64_t count, int64_t columns, float* out) {
  for (int64_t c = 0; c < columns; c += kWidth) {
    Vec largest = count > 0 ? load_part(values + c, columns - c) : broadcast(0.0f);
    for (int64_t j = 1; j < count; ++j) largest = max_or_second(load_part(values + j * stride + c, columns - c), largest);
    store_part(out + c, largest, columns - c);
  }
}

void sum_backward(const float* out_gradient, float scale, float* gradients, int64_t stride, int64_t count, int64_t columns) {
  for (int64_t c = 0; c < columns; c += kWidth) {
    const Vec gradient = load_part(out_gradient + c, columns - c) * broadcast(scale);
    for (int64_t j = 0; j < count; ++j) {
      float* row = gradients + j * stride + c;
      store_part(row, load_part(row, columns - c) + gradient, columns - c);
    }
  }
}

void max_backward(const float* values, const float* out, const float* out_gradient, float* gradients, int64_t stride, int64_t count, int64_t columns) {
  const Vec zero = broadcast(0.0f);
  for (int64_t c = 0; c < columns; c += kWidth) {
    const Vec largest = load_part(out + c, columns - c);
    Vec left = load_part(out_gradient + c, columns - c);  // what no row has taken yet
    for (int64_t j = 0; j < count; ++j) {
      const Mask takes = equal(load_part(values + j * stride + c, columns - c), largest);
      float* row = gradients + j * stride + c;
      store_part(row, load_part(row, columns - c) + select(takes, left, zero), columns - c);
      left = select(takes, zero, left);
    }
  }
}

}  // namespace

PoolingKernels pooling_kernels() { return {sum, max, sum_backward, max_backward}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
