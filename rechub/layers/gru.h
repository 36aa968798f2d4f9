#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/layers/parameters.h"
#include "rechub/ops/ops.h"

namespace rechub {

// One GRU layer. `cell`: reset_after (cuDNN's and PyTorch's) or reset_before (Cho et al. 2014; GRU4Rec's and NARM's authors); ops.h has their equations. Parameters
// NAME.weight_ih [3H, in], NAME.weight_hh [3H, H], NAME.bias_ih and NAME.bias_hh [3H], gates in order r, z, n, as PyTorch lays them out; initialised uniform within 1 / sqrt(H).
class Gru {
 public:
  // Throws kUsage for an unknown cell.
  Gru(int64_t in, int64_t hidden, const std::string& cell, const std::string& name, ParameterSet& parameters);

  // The state at every position, each sequence from a zero state: [P, in] -> [P, H].
  at::Tensor forward(const at::Tensor& x, const Windows& sequences) const { return ops::gru(x, weight_ih_, weight_hh_, bias_ih_, bias_hh_, sequences, cell_); }
  // The states one event further: x [B, in], state [B, H] -> [B, H].
  at::Tensor step(const at::Tensor& x, const at::Tensor& state) const { return ops::gru_step(x, state, weight_ih_, weight_hh_, bias_ih_, bias_hh_, cell_); }

 private:
  ops::GruCell cell_;
  at::Tensor weight_ih_, weight_hh_, bias_ih_, bias_hh_;
};

}  // namespace rechub
