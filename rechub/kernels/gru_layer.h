#pragma once

#include <cstdint>

#include "rechub/kernels/kernel_table.h"

namespace rechub {

// A GRU layer over windows [begin, end) of a packed axis of P positions, each from a zero state. Weights as PyTorch lays them out, gates r, z, n; gru.h has the two cells'
// equations.
struct GruLayer {
  bool resets_before = false;
  int64_t input_width = 0;           // E
  int64_t width = 0;                 // H
  const float* weight_ih = nullptr;  // [3 H, E]
  const float* weight_hh = nullptr;  // [3 H, H]
  const float* bias_ih = nullptr;    // [3 H]
  const float* bias_hh = nullptr;    // [3 H]
  int64_t num_windows = 0;
  const int64_t* begin = nullptr;  // [num_windows]
  const int64_t* end = nullptr;
};

// What the forward pass leaves, row by row of the packed axis; rows of no window are not touched.
struct GruStates {
  float* gates = nullptr;     // [P, 4 H]
  float* previous = nullptr;  // [P, H] the state before each position
  float* out = nullptr;       // [P, H] the state at it
};

struct GruGradients {
  const float* out = nullptr;  // [P, H] gradient of the states
  float* input = nullptr;      // [P, 3 H] result: gradient of W x + b, from which those of x, weight_ih and bias_ih follow
  float* hidden = nullptr;     // [P, H] result, reset-after only: gradient of U_n h + c_n; r's and z's are those of `input`
};

// Windows of like length form blocks whose steps run over the rows still alive; blocks are shared out to all threads. A window's result does not depend on the other windows or on
// the threads, bit for bit.
void gru_forward(const GruLayer& layer, const float* x, const GruStates& states, const KernelTable& table = kernels());
void gru_backward(const GruLayer& layer, const GruStates& states, const GruGradients& gradients, const KernelTable& table = kernels());

}  // namespace rechub
