#include "rechub/layers/additive_attention.h"

#include "rechub/ops/ops.h"

namespace rechub {

AdditiveAttention::AdditiveAttention(int64_t width, bool normalised, const std::string& name, ParameterSet& parameters, Init init)
    : normalised_(normalised), weight_(parameters.add(name + ".weight", {1, width}, init)) {}

at::Tensor AdditiveAttention::forward(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, const Windows& windows) const {
  return ops::additive_attention(queries, keys, in_type_of(queries, weight_), values, windows, normalised_);
}

}  // namespace rechub
