#include <algorithm>
#include <cmath>

#include "rechub/kernels/attention.h"

namespace rechub::reference {
namespace {

float dot(const float* a, const float* b, int64_t count) {
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

void add_scaled(float factor, const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] += factor * x[i];
}

uint32_t stream(const AttentionInput& input, int64_t row, int64_t head) { return static_cast<uint32_t>(row * input.num_heads + head); }

void forward(const AttentionInput& input, int64_t begin, int64_t end, float* out, float* log_sums, float* workspace) {
  const int64_t head_width = input.width / input.num_heads;
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t head = 0; head < input.num_heads; ++head) {
      const int64_t column = head * head_width, row = i * input.width + column;
      float* scores = workspace;
      float largest = -INFINITY;
      for (int64_t j = begin; j <= i; ++j) {
        scores[j - begin] = input.scale * dot(input.q + row, input.k + j * input.width + column, head_width);
        largest = std::max(largest, scores[j - begin]);
      }
      float sum = 0;
      for (int64_t j = begin; j <= i; ++j) sum += std::exp(scores[j - begin] - largest);
      const float log_sum = log_sums[i * input.num_heads + head] = largest + std::log(sum);
      std::fill_n(out + row, head_width, 0.0f);
      for (int64_t j = begin; j <= i; ++j) {
        const float factor = dropout_factor(input.dropout, stream(input, i, head), static_cast<uint32_t>(j - begin));
        add_scaled(std::exp(scores[j - begin] - log_sum) * factor, input.v + j * input.width + column, out + row, head_width);
      }
    }
  }
}

void backward(const AttentionInput& input, const AttentionGradients& gradients, int64_t begin, int64_t end, float* workspace) {
  const int64_t head_width = input.width / input.num_heads;
  float* weights = workspace;
  float* weight_gradients = workspace + (end - begin);
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t head = 0; head < input.num_heads; ++head) {
      const int64_t column = head * head_width, row = i * input.width + column;
      float mean = 0;
      for (int64_t j = begin; j <= i; ++j) {
        const int64_t other = j * input.width + column;
        const float factor = dropout_factor(input.dropout, stream(input, i, head), static_cast<uint32_t>(j - begin));
        const float weight = std::exp(input.scale * dot(input.q + row, input.k + other, head_width) - gradients.log_sums[i * input.num_heads + head]);
        weights[j - begin] = weight;
        weight_gradients[j - begin] = factor * dot(gradients.out + row, input.v + other, head_width);
        mean += weight * weight_gradients[j - begin];
        add_scaled(weight * factor, gradients.out + row, gradients.v + other, head_width);
      }
      std::fill_n(gradients.q + row, head_width, 0.0f);
      for (int64_t j = begin; j <= i; ++j) {
        const int64_t other = j * input.width + column;
        const float score_gradient = input.scale * weights[j - begin] * (weight_gradients[j - begin] - mean);
        add_scaled(score_gradient, input.k + other, gradients.q + row, head_width);
        add_scaled(score_gradient, input.q + row, gradients.k + other, head_width);
      }
    }
  }
}

}  // namespace

AttentionKernels attention_kernels() { return {forward, backward}; }

}  // namespace rechub::reference
