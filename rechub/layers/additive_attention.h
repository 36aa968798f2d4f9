#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/layers/parameters.h"
#include "rechub/ops/windows.h"

namespace rechub {

// Additive attention (Bahdanau et al. 2015) of each window over its positions, the attention of NARM and STAMP:
//   a_j = v . sigmoid(q + k_j);   out = sum_j w_j x_j,   w = a, or softmax(a) over the window where normalised
// Windows may overlap; an empty one gives 0. Parameter NAME.weight [1, W].
class AdditiveAttention {
 public:
  AdditiveAttention(int64_t width, bool normalised, const std::string& name, ParameterSet& parameters, Init init = Init::xavier_normal());

  // queries [n, W], one a window; keys [P, W] and values [P, E] -> [n, E].
  at::Tensor forward(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, const Windows& windows) const;

 private:
  bool normalised_;
  at::Tensor weight_;
};

}  // namespace rechub
