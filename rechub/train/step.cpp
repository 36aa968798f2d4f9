#include "rechub/train/step.h"

#include <utility>

#include <ATen/ATen.h>

namespace rechub {

StepLeaves bind_leaves(const ParameterSet& parameters, const AssembledBatch& batch) {
  StepLeaves step;
  for (const TableParameter& table : parameters.tables()) {
    LeafRows rows{table.space, true, 0, {}};
    for (const LeafRows& leaf : batch.leaves) {
      if (leaf.space == table.space) rows = leaf;
    }
    at::Tensor leaf;
    if (rows.is_whole) {
      leaf = table.values.narrow(0, rows.first_row, table.values.size(0) - rows.first_row).detach();
    } else {
      leaf = table.values.index_select(0, at::from_blob(rows.rows.data(), {static_cast<int64_t>(rows.rows.size())}, at::kLong));
    }
    step.leaves.push_back(leaf.requires_grad_(true));
    step.rows.push_back(std::move(rows));
  }
  return step;
}

StepLoss step_loss(const Model& model, const LossEntry& loss, const InterestReduction& reduction, AssembledBatch& batch, const ItemBatch* catalogue, EncodeContext& context) {
  LossInput input;
  const at::ScalarType type = context.leaves.empty() ? at::kFloat : context.leaves[0].scalar_type();
  input.targets = take_tensor(std::move(batch.sequences.target));
  if (!batch.sequences.weight.empty()) input.weights = take_tensor(std::move(batch.sequences.weight)).to(type);
  if (!batch.sequences.label.empty()) input.labels = take_tensor(std::move(batch.sequences.label)).to(type);
  if (!batch.negatives.empty()) {
    input.negatives = take_tensor(std::move(batch.negatives));
    input.log_expected = take_tensor(std::move(batch.log_expected)).to(type);
    if (batch.negatives_per_readout > 0) {
      input.negatives = input.negatives.view({-1, batch.negatives_per_readout});
      input.log_expected = input.log_expected.view({-1, batch.negatives_per_readout});
    }
  }
  const UserBatch users = make_user_batch(batch, catalogue);
  // The catalogue's vectors are asked for under one key by both encoders, so that items are encoded once.
  input.items = model.encode_items(users.items, context);  // [N, D]
  input.scale = 1 / model.options().temperature;
  const UserVectors encoded = model.encode_users(users, context);  // [R, Q, D]
  const at::Tensor wanted = encoded.vectors.size(1) == 1 ? at::Tensor() : input.items.index_select(0, input.targets);
  input.users = reduce_interests(reduction, encoded.vectors, encoded.active, wanted, input.scale);  // [R, D]
  at::Tensor total = loss.forward(input);
  if (context.auxiliary_loss.defined()) total = total + context.auxiliary_loss;
  return {total, input.targets.size(0)};
}

}  // namespace rechub
