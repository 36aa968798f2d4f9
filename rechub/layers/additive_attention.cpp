#include "rechub/layers/additive_attention.h"

#include <ATen/ATen.h>

#include "rechub/ops/window_pairs.h"

namespace rechub {

AdditiveAttention::AdditiveAttention(int64_t width, bool normalised, const std::string& name, ParameterSet& parameters, Init init)
    : normalised_(normalised), weight_(parameters.add(name + ".weight", {1, width}, init)) {}

at::Tensor AdditiveAttention::forward(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, const Windows& windows) const {
  const WindowPairs pairs(windows);
  const at::Tensor scores = at::linear(at::sigmoid(pairs.of_windows(queries) + pairs.of_positions(keys)), weight_);  // pairs [.., 1]
  return pairs.weighted_sum(normalised_ ? pairs.softmax(scores) : scores, pairs.of_positions(values)).squeeze(1);    // [n, E]
}

}  // namespace rechub
