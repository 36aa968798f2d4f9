#include "rechub/kernels/scattered_rows.h"

namespace rechub::reference {
namespace {

template <class Value>
float dot(const float* x, const Value* row, int64_t dim) {
  double sum = 0;
  for (int64_t k = 0; k < dim; ++k) sum += static_cast<double>(x[k]) * row[k];
  return static_cast<float>(sum);
}

template <class Value>
void dots(const float* x, const Value* rows, int64_t dim, const int32_t* positions, int64_t count, float* scores) {
  for (int64_t i = 0; i < count; ++i) scores[i] = dot(x, rows + positions[i] * dim, dim);
}

}  // namespace

ScatteredRowKernels scattered_row_kernels() { return {dot<float>, dots<float>, dots<uint8_t>}; }

}  // namespace rechub::reference
