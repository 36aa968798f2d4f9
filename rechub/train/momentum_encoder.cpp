#include "rechub/train/momentum_encoder.h"

#include <ATen/ATen.h>

#include "rechub/train/step.h"

namespace rechub {

MomentumEncoder::MomentumEncoder(const Model& model, ParameterSet& parameters, double momentum) : model_(model), parameters_(parameters), own_(parameters), momentum_(momentum) {
  for (DenseParameter& parameter : own_.dense()) parameter.value = parameter.value.detach().clone();
  for (TableParameter& table : own_.tables()) table.values = table.values.clone();
}

void MomentumEncoder::follow() {
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < own_.dense().size(); ++i) own_.dense()[i].value.lerp_(parameters_.dense()[i].value.detach(), 1 - momentum_);
  for (size_t i = 0; i < own_.tables().size(); ++i) own_.tables()[i].values.lerp_(parameters_.tables()[i].values, 1 - momentum_);
}

// The layers hold the model's tensors, so their contents change places with the copy's.
void MomentumEncoder::swap_dense() {
  for (size_t i = 0; i < own_.dense().size(); ++i) {
    at::Tensor mine = own_.dense()[i].value, theirs = parameters_.dense()[i].value.detach();
    const at::Tensor kept = theirs.clone();
    theirs.copy_(mine);
    mine.copy_(kept);
  }
}

at::Tensor MomentumEncoder::with_own_weights(const AssembledBatch& batch, const std::function<at::Tensor(EncodeContext&)>& encode) {
  at::NoGradGuard no_grad;
  const StepLeaves leaves = bind_leaves(own_, batch);
  EncodeContext context;
  for (const at::Tensor& leaf : leaves.leaves) context.leaves.push_back(leaf.detach());
  swap_dense();
  at::Tensor vectors;
  try {
    vectors = encode(context);
  } catch (...) {
    swap_dense();
    throw;
  }
  swap_dense();
  return vectors;
}

at::Tensor MomentumEncoder::encode_items(const ItemBatch& items, const AssembledBatch& batch) {
  return with_own_weights(batch, [&](EncodeContext& context) { return model_.encode_items(items, context); });
}

at::Tensor MomentumEncoder::encode_users(const UserBatch& users, const AssembledBatch& batch, uint64_t seed) {
  return with_own_weights(batch, [&](EncodeContext& context) {
    context.training = true;
    context.seed = seed;
    return model_.encode_users(users, context).vectors;
  });
}

std::vector<std::pair<std::string, at::Tensor>> MomentumEncoder::state() const {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const DenseParameter& parameter : own_.dense()) tensors.emplace_back("momentum." + parameter.name, parameter.value);
  for (const TableParameter& table : own_.tables()) tensors.emplace_back("momentum." + table.name, table.values);
  return tensors;
}

}  // namespace rechub
