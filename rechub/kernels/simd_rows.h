#pragma once

// Products of a vector with the rows of a matrix, and the softmax of a row: what attention is made of; for .simd.cpp files only, with internal linkage like simd.h.

#include "rechub/kernels/simd_parts.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

inline float sum_of_lanes(Vec v) {
  float lanes[kWidth];
  store(lanes, v);
  for (int half = kWidth / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

inline float largest_lane(Vec v) {
  float lanes[kWidth];
  store(lanes, v);
  float largest = lanes[0];
  for (int i = 1; i < kWidth; ++i) largest = lanes[i] > largest ? lanes[i] : largest;
  return largest;
}

// products[j] = factor * x . rows[j] for kRows rows.
template <int kRows>
inline void dot_rows(const float* x, const float* rows, int64_t stride, int64_t width, float factor, float* products) {
  Vec sums[kRows];
#pragma GCC unroll 4
  for (int j = 0; j < kRows; ++j) sums[j] = broadcast(0.0f);
  for (int64_t c = 0; c < width; c += kWidth) {
    const Vec value = load_part(x + c, width - c);
#pragma GCC unroll 4
    for (int j = 0; j < kRows; ++j) sums[j] = fma(value, load_part(rows + j * stride + c, width - c), sums[j]);
  }
#pragma GCC unroll 4
  for (int j = 0; j < kRows; ++j) products[j] = factor * sum_of_lanes(sums[j]);
}

inline void dots(const float* x, const float* rows, int64_t stride, int64_t count, int64_t width, float factor, float* products) {
  int64_t j = 0;
  for (; j + 4 <= count; j += 4) dot_rows<4>(x, rows + j * stride, stride, width, factor, products + j);
  for (; j < count; ++j) dot_rows<1>(x, rows + j * stride, stride, width, factor, products + j);
}

// y = sum_j factors[j] * rows[j], kVectors vectors of columns at a time.
template <int kVectors>
inline void combine_columns(const float* factors, const float* rows, int64_t stride, int64_t count, int64_t columns, float* y) {
  Vec sums[kVectors];
#pragma GCC unroll 4
  for (int i = 0; i < kVectors; ++i) sums[i] = broadcast(0.0f);
  for (int64_t j = 0; j < count; ++j) {
    const Vec factor = broadcast(factors[j]);
#pragma GCC unroll 4
    for (int i = 0; i < kVectors; ++i) sums[i] = fma(factor, load_part(rows + j * stride + i * kWidth, columns - i * kWidth), sums[i]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kVectors; ++i) store_part(y + i * kWidth, sums[i], columns - i * kWidth);
}

inline void combine(const float* factors, const float* rows, int64_t stride, int64_t count, int64_t width, float* y) {
  int64_t c = 0;
  for (; c + 4 * kWidth <= width; c += 4 * kWidth) combine_columns<4>(factors, rows + c, stride, count, 4 * kWidth, y + c);
  for (; c < width; c += kWidth) combine_columns<1>(factors, rows + c, stride, count, width - c, y + c);
}

// rows[j] += factors[j] * x.
inline void add_outer(const float* factors, const float* x, float* rows, int64_t stride, int64_t count, int64_t width) {
  for (int64_t c = 0; c < width; c += kWidth) {
    const Vec value = load_part(x + c, width - c);
    for (int64_t j = 0; j < count; ++j) {
      float* y = rows + j * stride + c;
      store_part(y, fma(broadcast(factors[j]), value, load_part(y, width - c)), width - c);
    }
  }
}

// Turns scores into weights and returns the logarithm of the sum of their exponentials.
inline float softmax(float* scores, int64_t count) {
  Vec largest = broadcast(-__builtin_inff());
  for (int64_t j = 0; j < count; j += kWidth) {
    const Vec part = load_part(scores + j, count - j);
    largest = max_or_second(count - j >= kWidth ? part : select(first_lanes(static_cast<int>(count - j)), part, largest), largest);
  }
  const float shift = largest_lane(largest);
  Vec sum = broadcast(0.0f);
  for (int64_t j = 0; j < count; j += kWidth) {
    const Vec part = exp(load_part(scores + j, count - j) - broadcast(shift));
    sum = sum + (count - j >= kWidth ? part : select(first_lanes(static_cast<int>(count - j)), part, broadcast(0.0f)));
    store_part(scores + j, part, count - j);
  }
  const float total = sum_of_lanes(sum);
  const Vec inverse = broadcast(1.0f / total);
  for (int64_t j = 0; j < count; j += kWidth) store_part(scores + j, load_part(scores + j, count - j) * inverse, count - j);
  return shift + __builtin_logf(total);
}

// Turns the gradients of the weights into those of the scores.
inline void softmax_backward(const float* weights, float* gradients, int64_t count, float scale) {
  Vec sum = broadcast(0.0f);
  for (int64_t j = 0; j < count; j += kWidth) sum = fma(load_part(weights + j, count - j), load_part(gradients + j, count - j), sum);
  const Vec mean = broadcast(sum_of_lanes(sum));
  for (int64_t j = 0; j < count; j += kWidth) {
    store_part(gradients + j, broadcast(scale) * load_part(weights + j, count - j) * (load_part(gradients + j, count - j) - mean), count - j);
  }
}

}  // namespace
}  // namespace rechub::RECHUB_SIMD_LEVEL
