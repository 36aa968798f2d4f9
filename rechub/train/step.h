#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/losses/interest_reduction.h"
#include "rechub/losses/loss.h"
#include "rechub/models/batch_assembly.h"
#include "rechub/models/model.h"
#include "rechub/train/contrastive.h"

namespace rechub {

class ItemQueue;
class MomentumEncoder;
class Objectives;

// The leaves of a step, by table index, and the rows they hold. A table whose space the batch does not number is a leaf as a whole.
struct StepLeaves {
  std::vector<at::Tensor> leaves;  // require gradients
  std::vector<LeafRows> rows;      // by table index
};
StepLeaves bind_leaves(const ParameterSet& parameters, const AssembledBatch& batch);

// What a run's loss is.
struct StepObjective {
  const LossEntry* loss;
  InterestReduction reduction;  // of each readout's vectors to one, by its target
  LossOptions options;
  int64_t num_items;           // of the catalogue
  int64_t hard_in_batch = 0;   // hard negatives of each readout, chosen from the batch (hard_negatives.h)
  ItemQueue* queue = nullptr;  // with the encoder of its entries; null: none
  MomentumEncoder* momentum_encoder = nullptr;
  Contrastive* contrastive = nullptr;  // null: none
  const Objectives* others = nullptr;  // further objectives; null: none
};

// Encodes a batch and computes its loss. `catalogue` is null for losses on sampled negatives. The batch is used up.
struct StepLoss {
  at::Tensor loss;  // scalar with a graph
  int64_t num_readouts;
};
StepLoss step_loss(const Model& model, const StepObjective& objective, AssembledBatch& batch, const ItemBatch* catalogue, EncodeContext& context);

}  // namespace rechub
