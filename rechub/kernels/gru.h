#pragma once

#include <cstdint>

namespace rechub {

// One step of a GRU for the rows of a block, its matrix products being done outside (panels.h). H is the width, S the width rounded up to whole panels (kPanelWidth), G = S /
// kPanelWidth the panels of a gate. Gates are r, z, n in this order. Row i stands at position positions[i] of the packed axis, at which all [P, ...] arrays are read and written.
//
// The products come as panel scores: [gates * G][num_rows][kPanelWidth], gate g's panels being g * G .. g * G + G - 1. Biases are [3 * S], gate g's at g * S.
struct GruStep {
  int64_t num_rows = 0;
  int64_t width = 0;                       // H
  const int64_t* positions = nullptr;      // [num_rows]
  const float* input_products = nullptr;   // panel scores of W x, 3 gates
  const float* hidden_products = nullptr;  // panel scores of U h (see each kernel for its gates)
  const float* input_bias = nullptr;       // [3 * S]
  const float* hidden_bias = nullptr;      // [3 * S]
  float* state = nullptr;                  // [num_rows, S] h before the step, h' after it
  float* scratch = nullptr;                // [num_rows, S] reset-before only: r * h
  float* gates = nullptr;                  // [P, 4 H] r, z, n and (reset-after) q = U_n h + c, kept for backward
  float* previous = nullptr;               // [P, H] h before the step, kept for backward
  float* out = nullptr;                    // [P, H] h'
};

struct GruBackwardStep {
  int64_t num_rows = 0;
  int64_t width = 0;
  const int64_t* positions = nullptr;
  const float* gates = nullptr;  // as above
  const float* previous = nullptr;
  const float* out_gradient = nullptr;     // [P, H]
  const float* hidden_products = nullptr;  // reset-before, second half: panel scores of U_n^T dn, one gate
  float* state_gradient = nullptr;         // [num_rows, S] gradient of h' from later steps; then of h, as far as it does not go through U
  float* product_gradient = nullptr;       // [num_rows, 3 S] gradient of U's products, gate g at g * S, zero beyond H
  float* input_gradient = nullptr;         // [P, 3 H] gradient of W x + b
  float* hidden_gradient = nullptr;        // [P, H] reset-after only: gradient of q (those of r's and z's products equal input_gradient's)
};

struct GruKernels {
  // h' = (1 - z) n + z h with r, z = sigmoid(W x + b + U h + c), q = U_n h + c_n, n = tanh(W_n x + b_n + r q). hidden_products holds 3 gates.
  void (*reset_after)(const GruStep& step);
  void (*reset_after_backward)(const GruBackwardStep& step);
  // h' = z n + (1 - z) h with r, z as above and n = tanh(W_n x + b_n + U_n (r h) + c_n). First the gates r and z and scratch = r h (hidden_products: 2 gates), then n and h'
  // (hidden_products: U_n (r h), 1 gate, numbered 0). Backward likewise: first the gradients of n and z, then, given U_n^T dn, that of r.
  void (*reset_before_gates)(const GruStep& step);
  void (*reset_before_state)(const GruStep& step);
  void (*reset_before_state_backward)(const GruBackwardStep& step);
  void (*reset_before_gates_backward)(const GruBackwardStep& step);
  // state_gradient[i][c] += the panel scores [G][num_rows][kPanelWidth].
  void (*add_products)(const float* products, int64_t num_rows, int64_t num_panels, float* state_gradient);
};

namespace reference {
GruKernels gru_kernels();
}
namespace avx2 {
GruKernels gru_kernels();
}
namespace avx512 {
GruKernels gru_kernels();
}

}  // namespace rechub
