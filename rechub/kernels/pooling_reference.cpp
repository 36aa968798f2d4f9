#include <algorithm>

#include "rechub/kernels/pooling.h"

namespace rechub::reference {
namespace {

void sum(const float* values, int64_t stride, int64_t count, int64_t columns, float scale, float* out) {
  for (int64_t c = 0; c < columns; ++c) {
    float total = 0;
    for (int64_t j = 0; j < count; ++j) total += values[j * stride + c];
    out[c] = total * scale;
  }
}

void max(const float* values, int64_t stride, int64_t count, int64_t columns, float* out) {
  for (int64_t c = 0; c < columns; ++c) {
    out[c] = count > 0 ? values[c] : 0.0f;
    for (int64_t j = 1; j < count; ++j) out[c] = std::max(out[c], values[j * stride + c]);
  }
}

void sum_backward(const float* out_gradient, float scale, float* gradients, int64_t stride, int64_t count, int64_t columns) {
  for (int64_t j = 0; j < count; ++j) {
    for (int64_t c = 0; c < columns; ++c) gradients[j * stride + c] += scale * out_gradient[c];
  }
}

void max_backward(const float* values, const float* out, const float* out_gradient, float* gradients, int64_t stride, int64_t count, int64_t columns) {
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t j = 0; j < count; ++j) {
      if (values[j * stride + c] != out[c]) continue;
      gradients[j * stride + c] += out_gradient[c];
      break;
    }
  }
}

}  // namespace

PoolingKernels pooling_kernels() { return {sum, max, sum_backward, max_backward}; }

}  // namespace rechub::reference
