#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/bundle/tensor_file.h"

namespace rechub {

// What a recurrent model remembers from batch to batch in session-parallel training: of every lane (SessionParallel) one state a layer. Gradients do not cross batches (Hidasi et
// al.).
class CarriedStates {
 public:
  // One float32 [num_lanes, width] a layer, 0 at first (Model::state_widths).
  CarriedStates(const std::vector<int64_t>& widths, int64_t num_lanes);

  // The states before a batch, [B, width] a layer: those of its lanes, 0 where a session begins (`keeps` [B], 1 or 0).
  std::vector<at::Tensor> before(std::span<const int64_t> lanes, std::span<const float> keeps) const;
  // Keeps the states behind it.
  void keep(std::span<const int64_t> lanes, const std::vector<at::Tensor>& states);

  // "state.0", ... sharing memory: to save, or to load into.
  NamedTensors tensors() const;

 private:
  std::vector<at::Tensor> states_;
};

}  // namespace rechub
