#include "rechub/kernels/elementwise.h"

#include "rechub/kernels/simd.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

void exp_all(const float* x, float* y, int64_t count) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) store(y + i, exp(load(x + i)));
  const int rest = static_cast<int>(count - i);
  if (rest > 0) store_first(y + i, exp(load_first(x + i, rest)), rest);
}

}  // namespace

ElementwiseKernels elementwise_kernels() { return {exp_all}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
