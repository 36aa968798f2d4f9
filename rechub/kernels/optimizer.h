#pragma once

#include <cstdint>

namespace rechub {

// Rows of a table [V, width] and their gradients. Gradient i belongs to row rows[i], or to row first_row + i where `rows` is null. Rows are distinct, so pieces of a list may be
// updated in parallel.
struct RowUpdate {
  float* values = nullptr;  // [V, width]
  int64_t width = 0;
  const int64_t* rows = nullptr;  // [count] or null
  int64_t first_row = 0;
  int64_t count = 0;
  const float* gradients = nullptr;  // [count, width]
  float gradient_scale = 1.0f;       // what gradients are multiplied with first (clipping)
  float learning_rate = 0;
  float weight_decay = 0;  // decoupled: touched rows are first multiplied with 1 - learning_rate * weight_decay (Loshchilov and Hutter 2019)
};

// Adam (Kingma and Ba 2015) whose bias correction counts the updates of each row, not of the table: a row touched for the first time takes a full step. Rows that are not touched
// stay as they are, moments included; torch's dense Adam would let them drift.
//   m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, x -= learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
struct AdamRows {
  float* first_moment = nullptr;   // [V, width] m
  float* second_moment = nullptr;  // [V, width] v
  int32_t* steps = nullptr;        // [V] t, counted up here
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
};

struct OptimizerKernels {
  void (*adam)(const RowUpdate& update, const AdamRows& adam);
  // Adagrad (Duchi 2011): squares [V, width] += g^2, x -= learning_rate * g / (sqrt(squares) + epsilon).
  void (*adagrad)(const RowUpdate& update, float* squares, float epsilon);
  // x -= learning_rate * g.
  void (*sgd)(const RowUpdate& update);
};

namespace reference {
OptimizerKernels optimizer_kernels();
}
namespace avx2 {
OptimizerKernels optimizer_kernels();
}
namespace avx512 {
OptimizerKernels optimizer_kernels();
}

}  // namespace rechub
