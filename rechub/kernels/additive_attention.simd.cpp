#include "rechub/kernels/additive_attention.h"

#include "rechub/kernels/simd_activations.h"
#include "rechub/kernels/simd_rows.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

// Lanes beyond the width hold weight 0, so that the sigmoids there count for nothing.
inline float score(const AdditiveAttentionInput& input, const float* q, const float* key) {
  Vec sum = broadcast(0.0f);
  for (int64_t c = 0; c < input.width; c += kWidth) {
    const int64_t left = input.width - c;
    sum = fma(load_part(input.weight + c, left), sigmoid(load_part(q + c, left) + load_part(key + c, left)), sum);
  }
  return sum_of_lanes(sum);
}

void forward(const AdditiveAttentionInput& input, const float* q, int64_t begin, int64_t end, float* weights, float* out) {
  const int64_t count = end - begin;
  for (int64_t j = 0; j < count; ++j) weights[j] = score(input, q, input.k + (begin + j) * input.width);
  if (input.normalised) softmax(weights, count);
  combine(weights, input.x + begin * input.value_width, input.value_width, count, input.value_width, out);
}

void backward(const AdditiveAttentionInput& input, const AdditiveAttentionGradients& gradients, const float* q, int64_t begin, int64_t end, const float* weights,
              const float* out_gradient, float* q_gradient, float* workspace) {
  const int64_t count = end - begin;
  dots(out_gradient, input.x + begin * input.value_width, input.value_width, count, input.value_width, 1.0f, workspace);
  add_outer(weights, out_gradient, gradients.x + begin * input.value_width, input.value_width, count, input.value_width);
  if (input.normalised) softmax_backward(weights, workspace, count, 1.0f);
  for (int64_t c = 0; c < input.width; c += kWidth) {
    const int64_t left = input.width - c;
    const Vec query = load_part(q + c, left), weight = load_part(input.weight + c, left);
    Vec of_query = broadcast(0.0f), of_weight = load_part(gradients.weight + c, left);
    for (int64_t j = 0; j < count; ++j) {
      const int64_t at = (begin + j) * input.width + c;
      const Vec s = sigmoid(query + load_part(input.k + at, left)), score_gradient = broadcast(workspace[j]);
      const Vec slope = score_gradient * weight * (s - s * s);
      of_weight = fma(score_gradient, s, of_weight);
      of_query = of_query + slope;
      store_part(gradients.k + at, load_part(gradients.k + at, left) + slope, left);
    }
    store_part(q_gradient + c, of_query, left);
    store_part(gradients.weight + c, of_weight, left);
  }
}

}  // namespace

AdditiveAttentionKernels additive_attention_kernels() { return {forward, backward}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
