#include "rechub/train/step.h"

#include <utility>

#include <ATen/ATen.h>

#include "rechub/train/hard_negatives.h"
#include "rechub/train/item_queue.h"
#include "rechub/train/momentum_encoder.h"
#include "rechub/train/objectives.h"

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
    step.leaves.push_back(leaf.requires_grad_(table.trained));
    step.rows.push_back(std::move(rows));
  }
  return step;
}

StepLoss step_loss(const Model& model, const StepObjective& objective, AssembledBatch& batch, const ItemBatch* catalogue, EncodeContext& context) {
  LossInput input;
  const at::ScalarType type = context.leaves.empty() ? at::kFloat : context.leaves[0].scalar_type();
  input.targets = take_tensor(std::move(batch.sequences.target));
  if (!batch.sequences.weight.empty()) input.weights = take_tensor(std::move(batch.sequences.weight)).to(type);
  if (!batch.sequences.label.empty()) input.labels = take_tensor(std::move(batch.sequences.label)).to(type);
  BatchNegatives& negatives = batch.negatives;
  if (!negatives.items.empty()) {
    input.negatives = take_tensor(std::move(negatives.items));
    input.log_expected = take_tensor(std::move(negatives.log_expected)).to(type);
    input.target_log_expected = take_tensor(std::move(negatives.target_log_expected)).to(type);
    if (negatives.per_readout > 0) {
      input.negatives = input.negatives.view({-1, negatives.per_readout});
      input.log_expected = input.log_expected.view({-1, negatives.per_readout});
    }
  }
  if (!negatives.hard.empty()) input.hard = take_tensor(std::move(negatives.hard)).view({input.targets.size(0), -1});
  UserBatch users = make_user_batch(batch, catalogue);
  at::Tensor item_ids, queue_vectors;  // of the batch's items
  if (objective.queue) {
    item_ids = at::tensor(batch.leaves.front().rows, at::kLong).index_select(0, users.items.ids);
    queue_vectors = objective.momentum_encoder->encode_items(users.items, batch);  // [N, D]
  }
  const at::Tensor view_keys = objective.contrastive ? objective.contrastive->keys(users, batch, context) : at::Tensor();
  const at::Tensor owners = objective.contrastive ? at::tensor(batch.sequences.user, at::kLong) : at::Tensor();
  // The catalogue's vectors are asked for under one key by both encoders, so that items are encoded once.
  input.items = model.encode_items(users.items, context);          // [N, D]
  const UserVectors encoded = model.encode_users(users, context);  // [R, Q, D]
  const at::Tensor wanted = encoded.vectors.size(1) == 1 ? at::Tensor() : input.items.index_select(0, input.targets);
  input.users = reduce_interests(objective.reduction, encoded.vectors, encoded.active, wanted, 1 / model.temperature());  // [R, D]
  const at::Tensor unscaled = input.users;
  if (model.log_temperature().defined()) {
    input.users = input.users * at::exp(-model.log_temperature());  // scores over the temperature, through which its gradient flows
  } else {
    input.scale = 1 / model.options().temperature;
  }
  if (objective.hard_in_batch > 0) input.hard = hardest_in_batch(input.users, input.items, input.targets, users.readout_sequence, objective.hard_in_batch);
  if (objective.queue) objective.queue->extend(input, item_ids);
  input.num_items = objective.num_items;
  input.options = objective.options;
  at::Tensor total = objective.loss->forward(input);
  if (objective.queue) objective.queue->push(item_ids.index_select(0, input.targets), queue_vectors.index_select(0, input.targets));
  const int64_t num_readouts = input.targets.size(0);
  if (objective.others && !objective.others->empty()) {
    const at::Tensor labels = take_tensor(std::move(batch.objective_labels)).to(type).view({-1, num_readouts});
    const auto main = [&](const at::Tensor& weights) {
      LossInput again = input;
      again.weights = weights;
      return objective.loss->forward(again);
    };
    total = total + objective.others->loss(unscaled, input.items.index_select(0, input.targets), labels, input.weights, main);
  }
  if (objective.contrastive) total = total + objective.contrastive->loss(users, view_keys, owners, context);
  if (context.auxiliary_loss.defined()) total = total + context.auxiliary_loss;
  return {total, num_readouts};
}

}  // namespace rechub
