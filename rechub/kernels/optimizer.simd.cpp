#include "rechub/kernels/optimizer.h"

#include "rechub/kernels/simd_parts.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

#if RECHUB_SIMD_WIDTH == 16
inline Vec square_root(Vec v) { return _mm512_sqrt_ps(v); }
#else
inline Vec square_root(Vec v) { return _mm256_sqrt_ps(v); }
#endif

inline int64_t row_of(const RowUpdate& update, int64_t i) { return update.rows ? update.rows[i] : update.first_row + i; }

// Calls body(first element of the table, decayed values, gradients, elements left in the row) for every vector of row `row`, and stores the values that it returns.
template <class Body>
inline void for_each(const RowUpdate& update, int64_t i, int64_t row, const Body& body) {
  const Vec keep = broadcast(1.0f - update.learning_rate * update.weight_decay), scale = broadcast(update.gradient_scale);
  for (int64_t c = 0; c < update.width; c += kWidth) {
    const int64_t element = row * update.width + c, left = update.width - c;
    const Vec values = load_part(update.values + element, left) * keep, gradient = load_part(update.gradients + i * update.width + c, left) * scale;
    store_part(update.values + element, body(element, values, gradient, left), left);
  }
}

void adam(const RowUpdate& update, const AdamRows& adam) {
  const Vec beta1 = broadcast(adam.beta1), beta2 = broadcast(adam.beta2), rest1 = broadcast(1.0f - adam.beta1), rest2 = broadcast(1.0f - adam.beta2),
            epsilon = broadcast(adam.epsilon);
  int32_t corrected_step = 0;  // neighbouring rows mostly stand at the same step
  float rate = 0, second_scale = 0;
  for (int64_t i = 0; i < update.count; ++i) {
    const int64_t row = row_of(update, i);
    const int32_t step = ++adam.steps[row];
    if (step != corrected_step) {
      corrected_step = step;
      rate = update.learning_rate / static_cast<float>(1 - __builtin_pow(static_cast<double>(adam.beta1), step));
      second_scale = 1.0f / static_cast<float>(1 - __builtin_pow(static_cast<double>(adam.beta2), step));
    }
    for_each(update, i, row, [&](int64_t element, Vec values, Vec gradient, int64_t left) {
      const Vec m = fma(beta1, load_part(adam.first_moment + element, left), rest1 * gradient);
      const Vec v = fma(beta2, load_part(adam.second_moment + element, left), rest2 * gradient * gradient);
      store_part(adam.first_moment + element, m, left);
      store_part(adam.second_moment + element, v, left);
      return values - broadcast(rate) * m / (square_root(v * broadcast(second_scale)) + epsilon);
    });
  }
}

void adagrad(const RowUpdate& update, float* squares, float epsilon) {
  for (int64_t i = 0; i < update.count; ++i) {
    for_each(update, i, row_of(update, i), [&](int64_t element, Vec values, Vec gradient, int64_t left) {
      const Vec square = fma(gradient, gradient, load_part(squares + element, left));
      store_part(squares + element, square, left);
      // Lanes beyond the row hold 0 / (0 + epsilon), and are not stored.
      return values - broadcast(update.learning_rate) * gradient / (square_root(square) + broadcast(epsilon));
    });
  }
}

void sgd(const RowUpdate& update) {
  const Vec rate = broadcast(update.learning_rate);
  for (int64_t i = 0; i < update.count; ++i) {
    for_each(update, i, row_of(update, i), [&](int64_t, Vec values, Vec gradient, int64_t) { return values - rate * gradient; });
  }
}

}  // namespace

OptimizerKernels optimizer_kernels() { return {adam, adagrad, sgd}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
