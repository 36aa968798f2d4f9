#pragma once

#include <cstdint>

#include "rechub/kernels/dropout.h"

namespace rechub {

// Causal attention inside one window. Matrices are row-major [P, width], head h being columns [h * width / num_heads, (h + 1) * width / num_heads). Row i of the window has for
// each head the weights
//   w_ij = exp(scale * q_i . k_j - log_sum_i) over rows j <= i of the window,   out_i = sum_j w_ij m_ij v_j,
// m_ij being the dropout factor of high = (row i in the packed axis) * num_heads + head (modulo 2^32) and low = j counted from the window's begin.
struct AttentionInput {
  const float* q = nullptr;
  const float* k = nullptr;
  const float* v = nullptr;
  int64_t width = 0;
  int64_t num_heads = 1;
  float scale = 1.0f;
  DropoutRule dropout;
};

// What backward needs beside the input and gives back; all [P, width] but log_sums [P, num_heads].
struct AttentionGradients {
  const float* log_sums = nullptr;
  const float* out = nullptr;  // gradient of the output
  float* q = nullptr;
  float* k = nullptr;
  float* v = nullptr;
};

// Both work on the window's rows [begin, end) only, so windows that do not overlap may run in parallel; a row's result depends on the window's rows up to it and on nothing else,
// bit for bit. `workspace` holds 3 * (end - begin + 16) floats.
struct AttentionKernels {
  // Fills rows of out [P, width] and log_sums [P, num_heads].
  void (*forward)(const AttentionInput& input, int64_t begin, int64_t end, float* out, float* log_sums, float* workspace);
  // Fills rows of gradients.q, k and v; k and v must be zero before.
  void (*backward)(const AttentionInput& input, const AttentionGradients& gradients, int64_t begin, int64_t end, float* workspace);
};

namespace reference {
AttentionKernels attention_kernels();
}
namespace avx2 {
AttentionKernels attention_kernels();
}
namespace avx512 {
AttentionKernels attention_kernels();
}

}  // namespace rechub
