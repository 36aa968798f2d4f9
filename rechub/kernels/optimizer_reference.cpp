#include <cmath>

#include "rechub/kernels/optimizer.h"

namespace rechub::reference {
namespace {

int64_t row_of(const RowUpdate& update, int64_t i) { return update.rows ? update.rows[i] : update.first_row + i; }

// Calls body(element of the table, gradient) for every element of row `row`, after the decay.
template <class Body>
void for_each(const RowUpdate& update, int64_t i, int64_t row, const Body& body) {
  for (int64_t c = 0; c < update.width; ++c) {
    const int64_t element = row * update.width + c;
    update.values[element] *= 1.0f - update.learning_rate * update.weight_decay;
    body(element, update.gradients[i * update.width + c] * update.gradient_scale);
  }
}

void adam(const RowUpdate& update, const AdamRows& adam) {
  for (int64_t i = 0; i < update.count; ++i) {
    const int64_t row = row_of(update, i);
    const double step = ++adam.steps[row];
    const auto first_correction = static_cast<float>(1 - std::pow(static_cast<double>(adam.beta1), step));
    const auto second_correction = static_cast<float>(1 - std::pow(static_cast<double>(adam.beta2), step));
    for_each(update, i, row, [&](int64_t element, float gradient) {
      float& m = adam.first_moment[element];
      float& v = adam.second_moment[element];
      m = adam.beta1 * m + (1 - adam.beta1) * gradient;
      v = adam.beta2 * v + (1 - adam.beta2) * gradient * gradient;
      update.values[element] -= update.learning_rate * (m / first_correction) / (std::sqrt(v / second_correction) + adam.epsilon);
    });
  }
}

void adagrad(const RowUpdate& update, float* squares, float epsilon) {
  for (int64_t i = 0; i < update.count; ++i) {
    for_each(update, i, row_of(update, i), [&](int64_t element, float gradient) {
      squares[element] += gradient * gradient;
      update.values[element] -= update.learning_rate * gradient / (std::sqrt(squares[element]) + epsilon);
    });
  }
}

void sgd(const RowUpdate& update) {
  for (int64_t i = 0; i < update.count; ++i) {
    for_each(update, i, row_of(update, i), [&](int64_t element, float gradient) { update.values[element] -= update.learning_rate * gradient; });
  }
}

}  // namespace

OptimizerKernels optimizer_kernels() { return {adam, adagrad, sgd}; }

}  // namespace rechub::reference
