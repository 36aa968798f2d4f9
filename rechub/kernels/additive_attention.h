#pragma once

#include <cstdint>

namespace rechub {

// Additive attention of one query over the rows [begin, end) of its window. Matrices are row-major, k [P, width], x [P, value_width]:
//   s_j = sum_c weight_c sigmoid(q_c + k_jc),   w = s, or softmax(s) over the window where normalised,   out = sum_j w_j x_j
struct AdditiveAttentionInput {
  const float* k = nullptr;
  const float* weight = nullptr;  // [width]
  const float* x = nullptr;
  int64_t width = 0;
  int64_t value_width = 0;
  bool normalised = false;
};

// Gradients that backward adds to; k and x in the rows of the window.
struct AdditiveAttentionGradients {
  float* k = nullptr;       // [P, width]
  float* weight = nullptr;  // [width]
  float* x = nullptr;       // [P, value_width]
};

// Rows end - begin >= 1. The result depends on the query, the weight and the window's rows only.
struct AdditiveAttentionKernels {
  // q [width] -> out [value_width], weights [end - begin].
  void (*forward)(const AdditiveAttentionInput& input, const float* q, int64_t begin, int64_t end, float* weights, float* out);
  // From out_gradient [value_width] and the weights of forward; fills q_gradient [width]. `workspace` holds end - begin + 16 floats.
  void (*backward)(const AdditiveAttentionInput& input, const AdditiveAttentionGradients& gradients, const float* q, int64_t begin, int64_t end, const float* weights,
                   const float* out_gradient, float* q_gradient, float* workspace);
};

namespace reference {
AdditiveAttentionKernels additive_attention_kernels();
}
namespace avx2 {
AdditiveAttentionKernels additive_attention_kernels();
}
namespace avx512 {
AdditiveAttentionKernels additive_attention_kernels();
}

}  // namespace rechub
