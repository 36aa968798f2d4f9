#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/losses/interest_reduction.h"
#include "rechub/losses/loss.h"
#include "rechub/models/batch_assembly.h"
#include "rechub/models/model.h"

namespace rechub {

// The leaves of a step, by table index, and the rows they hold. A table whose space the batch does not number is a leaf as a whole.
struct StepLeaves {
  std::vector<at::Tensor> leaves;  // require gradients
  std::vector<LeafRows> rows;      // by table index
};
StepLeaves bind_leaves(const ParameterSet& parameters, const AssembledBatch& batch);

// Encodes a batch and computes its loss, with each readout's vectors reduced to one by its target. `catalogue` is null for losses on sampled negatives. The batch is used up.
struct StepLoss {
  at::Tensor loss;  // scalar with a graph
  int64_t num_readouts;
};
StepLoss step_loss(const Model& model, const LossEntry& loss, const InterestReduction& reduction, AssembledBatch& batch, const ItemBatch* catalogue, EncodeContext& context);

}  // namespace rechub
