#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/models/batch_assembly.h"
#include "rechub/models/model.h"

namespace rechub {

// A second set of weights that follows the model's slowly, w' <- m w' + (1 - m) w after every update, so that vectors made some steps apart can be compared (He et al., CVPR 2020).
class MomentumEncoder {
 public:
  MomentumEncoder(const Model& model, ParameterSet& parameters, double momentum);  // begins at the model's weights; both must outlive it

  void follow();  // after an update of the model's weights

  // The items of a batch, encoded with these weights and without dropout: [N, D], no gradient. Not while a graph of the model's own weights waits for its backward pass.
  at::Tensor encode_items(const ItemBatch& items, const AssembledBatch& batch);
  // Likewise users, with the dropout that `seed` draws: [R, Q, D].
  at::Tensor encode_users(const UserBatch& users, const AssembledBatch& batch, uint64_t seed);

  std::vector<std::pair<std::string, at::Tensor>> state() const;  // sharing memory: to save, or to load into

 private:
  at::Tensor with_own_weights(const AssembledBatch& batch, const std::function<at::Tensor(EncodeContext&)>& encode);
  void swap_dense();
  const Model& model_;
  ParameterSet& parameters_;
  ParameterSet own_;
  double momentum_;
};

}  // namespace rechub
