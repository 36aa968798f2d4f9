#pragma once

#include <cstdint>

namespace rechub {

// Pools over `count` rows of `columns` values, row j starting at values + j * stride. Sums run over the rows in order. For count 0 the results are 0.
struct PoolingKernels {
  // out[c] = scale * sum_j values[j][c].
  void (*sum)(const float* values, int64_t stride, int64_t count, int64_t columns, float scale, float* out);
  // out[c] = max_j values[j][c].
  void (*max)(const float* values, int64_t stride, int64_t count, int64_t columns, float* out);
  // Backward of sum: gradients[j][c] += scale * out_gradient[c] for all rows.
  void (*sum_backward)(const float* out_gradient, float scale, float* gradients, int64_t stride, int64_t count, int64_t columns);
  // Backward of max: the first row j with values[j][c] == out[c] takes it all, gradients[j][c] += out_gradient[c]. values and gradients have the same stride.
  void (*max_backward)(const float* values, const float* out, const float* out_gradient, float* gradients, int64_t stride, int64_t count, int64_t columns);
};

namespace reference {
PoolingKernels pooling_kernels();
}
namespace avx2 {
PoolingKernels pooling_kernels();
}
namespace avx512 {
PoolingKernels pooling_kernels();
}

}  // namespace rechub
