#pragma once

#include <cstdint>

namespace rechub {

// y[i] = f(x[i]) for i in [0, count). x and y may be the same array, need no alignment, and hold any float.
struct ElementwiseKernels {
  // e^x: relative error below 3e-7; 0 below -87.33, infinity above 88.72, NaN for NaN.
  void (*exp)(const float* x, float* y, int64_t count);
};

namespace reference {
ElementwiseKernels elementwise_kernels();
}
namespace avx2 {
ElementwiseKernels elementwise_kernels();
}
namespace avx512 {
ElementwiseKernels elementwise_kernels();
}

}  // namespace rechub
