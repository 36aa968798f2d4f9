#include "rechub/layers/dense_layers.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/ops/ops.h"

namespace rechub {

Linear::Linear(const LayerInput& in, int64_t out, const std::string& name, ParameterSet& parameters, bool bias, Init init)
    : weight_(parameters.add(name + ".weight", {out, in.width}, init)) {
  parameters.dense().back().inputs = in.blocks;
  parameters.dense().back().bypass = in.bypass;
  if (bias) bias_ = parameters.add(name + ".bias", {out}, Init::zeros());
}

at::Tensor Linear::forward(const at::Tensor& x) const {
  return at::linear(x, in_type_of(x, weight_), bias_.defined() ? std::optional<at::Tensor>(in_type_of(x, bias_)) : std::nullopt);
}

LayerNorm::LayerNorm(int64_t width, const std::string& name, ParameterSet& parameters, double epsilon)
    : width_(width), epsilon_(epsilon), gain_(parameters.add(name + ".weight", {width}, Init::ones())), bias_(parameters.add(name + ".bias", {width}, Init::zeros())) {}

at::Tensor LayerNorm::forward(const at::Tensor& x) const { return at::layer_norm(x, {width_}, in_type_of(x, gain_), in_type_of(x, bias_), epsilon_); }

Activation::Activation(const std::string& kind, const std::string& name, ParameterSet& parameters) : kind_(kind) {
  const bool known = kind == "relu" || kind == "prelu" || kind == "gelu" || kind == "tanh" || kind == "sigmoid" || kind == "leaky_relu" || kind == "silu" || kind == "identity";
  check(known, ErrorKind::kUsage, "unknown activation '{}': expected relu, prelu, gelu, tanh, sigmoid, leaky_relu, silu or identity", kind);
  if (kind == "prelu") {
    slope_ = parameters.add(name + ".slope", {1}, Init::ones());
    at::Tensor start = slope_.detach();
    start.fill_(0.25);
  }
}

at::Tensor Activation::forward(const at::Tensor& x) const {
  if (kind_ == "relu") return at::relu(x);
  if (kind_ == "prelu") return at::relu(x) - slope_ * at::relu(-x);
  if (kind_ == "gelu") return at::gelu(x);
  if (kind_ == "tanh") return at::tanh(x);
  if (kind_ == "sigmoid") return at::sigmoid(x);
  if (kind_ == "leaky_relu") return at::leaky_relu(x);
  if (kind_ == "silu") return at::silu(x);
  return x;
}

Mlp::Mlp(const LayerInput& in, const std::vector<int64_t>& dims, const std::string& activation, double dropout, const std::string& name, ParameterSet& parameters)
    : out_(in.width), dropout_(dropout) {
  for (size_t i = 0; i < dims.size(); ++i) {
    const std::string layer = name + "." + std::to_string(i);
    linears_.emplace_back(i == 0 ? in : LayerInput(out_), dims[i], layer, parameters);
    if (i + 1 < dims.size()) activations_.emplace_back(activation, layer, parameters);
    out_ = dims[i];
  }
}

at::Tensor Mlp::forward(const at::Tensor& x, EncodeContext& context) const {
  at::Tensor h = x;
  for (size_t i = 0; i < linears_.size(); ++i) {
    h = linears_[i].forward(h);  // [rows, dims[i]]
    if (i < activations_.size()) h = rechub::dropout(activations_[i].forward(h), dropout_, context);
  }
  return h;
}

at::Tensor dropout(const at::Tensor& x, double p, EncodeContext& context) {
  if (!context.training || p == 0) return x;
  return ops::dropout(x, p, context.next_seed());
}

}  // namespace rechub
