#include <algorithm>
#include <cmath>

#include "rechub/kernels/additive_attention.h"

namespace rechub::reference {
namespace {

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

void forward(const AdditiveAttentionInput& input, const float* q, int64_t begin, int64_t end, float* weights, float* out) {
  const int64_t count = end - begin;
  float largest = -INFINITY, sum = 0;
  for (int64_t j = 0; j < count; ++j) {
    weights[j] = 0;
    for (int64_t c = 0; c < input.width; ++c) weights[j] += input.weight[c] * sigmoid(q[c] + input.k[(begin + j) * input.width + c]);
    largest = std::max(largest, weights[j]);
  }
  if (input.normalised) {
    for (int64_t j = 0; j < count; ++j) sum += weights[j] = std::exp(weights[j] - largest);
    for (int64_t j = 0; j < count; ++j) weights[j] /= sum;
  }
  std::fill_n(out, input.value_width, 0.0f);
  for (int64_t j = 0; j < count; ++j) {
    for (int64_t c = 0; c < input.value_width; ++c) out[c] += weights[j] * input.x[(begin + j) * input.value_width + c];
  }
}

void backward(const AdditiveAttentionInput& input, const AdditiveAttentionGradients& gradients, const float* q, int64_t begin, int64_t end, const float* weights,
              const float* out_gradient, float* q_gradient, float* workspace) {
  const int64_t count = end - begin;
  float mean = 0;
  for (int64_t j = 0; j < count; ++j) {
    workspace[j] = 0;
    for (int64_t c = 0; c < input.value_width; ++c) {
      workspace[j] += out_gradient[c] * input.x[(begin + j) * input.value_width + c];
      gradients.x[(begin + j) * input.value_width + c] += weights[j] * out_gradient[c];
    }
    mean += weights[j] * workspace[j];
  }
  std::fill_n(q_gradient, input.width, 0.0f);
  for (int64_t j = 0; j < count; ++j) {
    const float score_gradient = input.normalised ? weights[j] * (workspace[j] - mean) : workspace[j];
    for (int64_t c = 0; c < input.width; ++c) {
      const float s = sigmoid(q[c] + input.k[(begin + j) * input.width + c]), slope = score_gradient * input.weight[c] * s * (1 - s);
      gradients.weight[c] += score_gradient * s;
      gradients.k[(begin + j) * input.width + c] += slope;
      q_gradient[c] += slope;
    }
  }
}

}  // namespace

AdditiveAttentionKernels additive_attention_kernels() { return {forward, backward}; }

}  // namespace rechub::reference
