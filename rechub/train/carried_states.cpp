#include "rechub/train/carried_states.h"

#include <string>

#include <ATen/ATen.h>

namespace rechub {
namespace {

at::Tensor rows_of(std::span<const int64_t> lanes) { return at::tensor(at::IntArrayRef(lanes.data(), lanes.size()), at::kLong); }

}  // namespace

CarriedStates::CarriedStates(const std::vector<int64_t>& widths, int64_t num_lanes) {
  for (int64_t width : widths) states_.push_back(at::zeros({num_lanes, width}));
}

std::vector<at::Tensor> CarriedStates::before(std::span<const int64_t> lanes, std::span<const float> keeps) const {
  const at::Tensor kept = at::tensor(at::ArrayRef<float>(keeps.data(), keeps.size())).unsqueeze(1);  // [B, 1]
  std::vector<at::Tensor> states;
  for (const at::Tensor& state : states_) states.push_back(state.index_select(0, rows_of(lanes)) * kept);
  return states;
}

void CarriedStates::keep(std::span<const int64_t> lanes, const std::vector<at::Tensor>& states) {
  for (size_t i = 0; i < states_.size(); ++i) states_[i].index_copy_(0, rows_of(lanes), states[i].detach());
}

NamedTensors CarriedStates::tensors() const {
  NamedTensors tensors;
  for (size_t i = 0; i < states_.size(); ++i) tensors.emplace_back("state." + std::to_string(i), states_[i]);
  return tensors;
}

}  // namespace rechub
