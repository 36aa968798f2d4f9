#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/layers/encode_context.h"
#include "rechub/layers/parameters.h"

namespace rechub {

// What a layer reads: so many numbers, or named blocks of them (DenseParameter::inputs).
struct LayerInput {
  int64_t width = 0;
  std::vector<InputBlock> blocks;
  std::optional<double> bypass;  // DenseParameter::bypass

  LayerInput(int64_t numbers) : width(numbers) {}  // NOLINT(google-explicit-constructor): most layers read so many numbers
  // Those of them that have a width.
  explicit LayerInput(const std::vector<InputBlock>& named, std::optional<double> bypass = {}) : bypass(bypass) {
    for (const InputBlock& block : named) {
      if (block.width > 0) blocks.push_back(block), width += block.width;
    }
  }
};

// y = x W^T + b. weight [out, in], bias [out]. Initialised Xavier-normal, bias 0.
class Linear {
 public:
  Linear(const LayerInput& in, int64_t out, const std::string& name, ParameterSet& parameters, bool bias = true, Init init = Init::xavier_normal());
  at::Tensor forward(const at::Tensor& x) const;  // [..., in] -> [..., out]

 private:
  at::Tensor weight_, bias_;
};

// Layer normalisation over the last axis (Ba et al. 2016), with gain and bias.
class LayerNorm {
 public:
  LayerNorm(int64_t width, const std::string& name, ParameterSet& parameters, double epsilon = 1e-8);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  int64_t width_;
  double epsilon_;
  at::Tensor gain_, bias_;
};

// One function of one number: relu, prelu (a learnt slope, from .25), gelu, tanh, sigmoid, leaky_relu (slope .01), silu, identity.
class Activation {
 public:
  // Throws kUsage for an unknown name, naming the known ones.
  Activation(const std::string& kind, const std::string& name, ParameterSet& parameters);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  std::string kind_;
  at::Tensor slope_;
};

// A tower: Linear, activation and dropout for each hidden width, then a last Linear without activation, so that its output may take any sign.
class Mlp {
 public:
  // dims: hidden widths and the output width, e.g. {256, 128, 64}. An empty list is the identity.
  Mlp(const LayerInput& in, const std::vector<int64_t>& dims, const std::string& activation, double dropout, const std::string& name, ParameterSet& parameters);
  int64_t out() const { return out_; }
  at::Tensor forward(const at::Tensor& x, EncodeContext& context) const;  // [rows, in] -> [rows, out]

 private:
  int64_t out_;
  double dropout_;
  std::vector<Linear> linears_;
  std::vector<Activation> activations_;
};

// ops::dropout while training, the identity otherwise.
at::Tensor dropout(const at::Tensor& x, double p, EncodeContext& context);

}  // namespace rechub
