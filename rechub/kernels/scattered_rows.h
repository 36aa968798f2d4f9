#pragma once

#include <cstdint>

namespace rechub {

// Dot products of one vector with rows that lie anywhere in a table: what a search in a graph does. Rows ahead are asked for from memory while one is computed. Row i is
// rows + positions[i] * dim; pointers need no alignment. A product has the same bits whatever the other rows of the call.
struct ScatteredRowKernels {
  float (*dot)(const float* x, const float* y, int64_t dim);

  // scores[i] = x . row i
  void (*dots)(const float* x, const float* rows, int64_t dim, const int32_t* positions, int64_t count, float* scores);

  // The same for rows of codes 0 .. 255: scores[i] = sum over k of x[k] * code[k].
  void (*code_dots)(const float* x, const uint8_t* rows, int64_t dim, const int32_t* positions, int64_t count, float* scores);
};

namespace reference {
ScatteredRowKernels scattered_row_kernels();
}
namespace avx2 {
ScatteredRowKernels scattered_row_kernels();
}
namespace avx512 {
ScatteredRowKernels scattered_row_kernels();
}

}  // namespace rechub
