#include <cmath>

#include "rechub/kernels/elementwise.h"

namespace rechub::reference {
namespace {

void exp_all(const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] < -87.33654f ? 0.0f : std::exp(x[i]);
}

}  // namespace

ElementwiseKernels elementwise_kernels() { return {exp_all}; }

}  // namespace rechub::reference
