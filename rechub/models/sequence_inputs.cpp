#include "rechub/models/sequence_inputs.h"

#include <vector>

#include <ATen/ATen.h>

#include "rechub/ops/ops.h"

namespace rechub {
namespace {

std::vector<FeatureSpec> user_specs(const Schema& schema, const ModelOptions& options) {
  std::vector<FeatureSpec> specs = schema.user;
  if (options.user_id) {
    FeatureSpec id;
    id.name = "user_id_embedding";
    id.space = kUserSpace;
    id.rows = schema.user_rows;
    id.embed_dim = options.dim;
    specs.push_back(id);
  }
  return specs;
}

}  // namespace

HistoryInput::HistoryInput(const Schema& schema, const FeatureStatistics& statistics, int64_t dim, int64_t feature_dim, ParameterSet& parameters, Inference inference)
    : inference_(inference), events_(schema.history, statistics, feature_dim, "history", parameters) {
  if (events_.width() == 0) return;
  std::vector<InputBlock> blocks = {{"item", dim}};
  blocks.insert(blocks.end(), events_.blocks().begin(), events_.blocks().end());
  projection_.emplace(LayerInput(blocks, 1.0), dim, "history.projection", parameters);
}

at::Tensor HistoryInput::forward(const at::Tensor& items, const UserBatch& batch, EncodeContext& context) const {
  at::Tensor x = items.index_select(0, batch.history);  // [P, dim]
  if (inference_ == Inference::kFloat64 && !context.training) x = x.to(at::kDouble);
  if (projection_) x = projection_->forward(at::cat({x, in_type_of(x, events_.forward(batch.events, context))}, 1));
  return x;
}

UserProfile::UserProfile(const Schema& schema, const FeatureStatistics& statistics, const ModelOptions& options, ParameterSet& parameters)
    : users_(user_specs(schema, options), statistics, options.feature_dim, "user", parameters), context_(schema.context, statistics, options.feature_dim, "context", parameters) {}

LayerInput UserProfile::joined_to(const std::string& state, int64_t width, std::optional<double> bypass) const {
  std::vector<InputBlock> blocks = {{state, width}};
  for (const FeatureEncoder* features : {&users_, &context_}) blocks.insert(blocks.end(), features->blocks().begin(), features->blocks().end());
  return LayerInput(blocks, bypass);
}

at::Tensor UserProfile::forward(const UserBatch& batch, EncodeContext& context) const {
  std::vector<at::Tensor> parts;
  if (users_.width() > 0) parts.push_back(users_.forward(batch.users, context).index_select(0, batch.readout_sequence));  // [R, width]
  if (context_.width() > 0) parts.push_back(context_.forward(batch.context, context));
  if (parts.empty()) return {};
  return parts.size() == 1 ? parts[0] : at::cat(parts, 1);
}

at::Tensor UserProfile::join(const at::Tensor& state, const UserBatch& batch, EncodeContext& context) const {
  if (width() == 0) return state;
  at::Tensor profile = in_type_of(state, forward(batch, context));                               // [R, width]
  if (state.dim() == 3) profile = profile.unsqueeze(1) + at::zeros_like(state.narrow(2, 0, 1));  // [R, Q, width]
  return at::cat({state, profile}, -1);
}

at::Tensor pooled_history_with_profile(const ItemEncoder& items, const HistoryInput& history, const UserProfile& profile, const std::string& pooling, double dropout,
                                       const UserBatch& batch, EncodeContext& context) {
  if (pooling.empty()) return profile.forward(batch, context);
  const at::Tensor events = history.forward(items.forward(batch.items, context), batch, context);                  // [P, dim]
  const at::Tensor pooled = ops::window_pool(rechub::dropout(events, dropout, context), batch.readouts, pooling);  // [R, dim]
  return profile.join(pooled, batch, context);                                                                     // [R, dim + profile]
}

ReadoutFusion::ReadoutFusion(const Schema& schema, const FeatureStatistics& statistics, int64_t dim, const ModelOptions& options, ParameterSet& parameters)
    : profile_(schema, statistics, options, parameters) {
  if (profile_.width() > 0) projection_.emplace(profile_.joined_to("state", dim, 0.0), dim, "readout.projection", parameters);
}

at::Tensor ReadoutFusion::forward(const at::Tensor& state, const UserBatch& batch, EncodeContext& context) const {
  if (!projection_) return state;
  return state + projection_->forward(profile_.join(state, batch, context));
}

at::Tensor readout_states(const at::Tensor& states, const UserBatch& batch) {
  const at::Tensor read = states.index_select(0, batch.readout_positions);  // [R, H]
  const at::Tensor has_history = at::gt(batch.readouts.end, batch.readouts.begin).unsqueeze(1);
  return read * has_history.to(states.scalar_type());
}

}  // namespace rechub
