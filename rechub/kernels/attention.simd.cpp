#include "rechub/kernels/attention.h"

#include "rechub/kernels/dropout_hash.h"
#include "rechub/kernels/simd_rows.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

// weights[j] = exp(weights[j] - log_sum).
inline void weights_of(float* weights, int64_t count, float log_sum) {
  for (int64_t j = 0; j < count; j += kWidth) store_part(weights + j, exp(load_part(weights + j, count - j) - broadcast(log_sum)), count - j);
}

// y[j] = x[j] * dropout factor of element j.
inline void drop(const DropoutRule& rule, uint32_t high, const float* x, float* y, int64_t count) {
  const DropoutStream stream = dropout_stream(rule, high);
  for (int64_t j = 0; j < count; j += kWidth) {
    const Vec kept = load_part(x + j, count - j) * broadcast(rule.keep_scale);
    store_part(y + j, select(kept_lanes(stream, static_cast<uint32_t>(j)), kept, broadcast(0.0f)), count - j);
  }
}

void forward(const AttentionInput& input, int64_t begin, int64_t end, float* out, float* log_sums, float* workspace) {
  const int64_t head_width = input.width / input.num_heads;
  float* weights = workspace;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t count = i + 1 - begin;
    for (int64_t head = 0; head < input.num_heads; ++head) {
      const int64_t first = begin * input.width + head * head_width, row = i * input.width + head * head_width;
      dots(input.q + row, input.k + first, input.width, count, head_width, input.scale, weights);
      log_sums[i * input.num_heads + head] = softmax(weights, count);
      if (input.dropout.threshold > 0) drop(input.dropout, static_cast<uint32_t>(i * input.num_heads + head), weights, weights, count);
      combine(weights, input.v + first, input.width, count, head_width, out + row);
    }
  }
}

void backward(const AttentionInput& input, const AttentionGradients& gradients, int64_t begin, int64_t end, float* workspace) {
  const int64_t head_width = input.width / input.num_heads, stride = input.width, room = end - begin + 16;
  float* weights = workspace;
  float* dropped = workspace + room;
  float* score_gradients = workspace + 2 * room;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t count = i + 1 - begin;
    for (int64_t head = 0; head < input.num_heads; ++head) {
      const int64_t first = begin * stride + head * head_width, row = i * stride + head * head_width;
      const uint32_t high = static_cast<uint32_t>(i * input.num_heads + head);
      const bool drops = input.dropout.threshold > 0;
      dots(input.q + row, input.k + first, stride, count, head_width, input.scale, weights);
      weights_of(weights, count, gradients.log_sums[i * input.num_heads + head]);
      dots(gradients.out + row, input.v + first, stride, count, head_width, 1.0f, score_gradients);
      if (drops) {
        drop(input.dropout, high, weights, dropped, count);
        drop(input.dropout, high, score_gradients, score_gradients, count);
      }
      add_outer(drops ? dropped : weights, gradients.out + row, gradients.v + first, stride, count, head_width);
      softmax_backward(weights, score_gradients, count, input.scale);
      combine(score_gradients, input.k + first, stride, count, head_width, gradients.q + row);
      add_outer(score_gradients, input.q + row, gradients.k + first, stride, count, head_width);
    }
  }
}

}  // namespace

AttentionKernels attention_kernels() { return {forward, backward}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
