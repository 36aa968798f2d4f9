#include "rechub/models/interests.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/models/option_ranges.h"

namespace rechub {

void InterestOptions::describe(OptionVisitor& visitor) {
  ModelOptions::describe(visitor);
  visitor.field("n_interest", n_interest, "interests of a user");
  visitor.field("positions", positions, "learnt vectors for places in the history: newest (counted from the newest event), oldest (as left-aligned sequences count) or none");
  visitor.field("num_layers", num_layers, "causal self-attention blocks (SASRec's) between the history and the interests; the papers have none");
  visitor.field("num_heads", num_heads, "attention heads of the blocks; must divide dim");
  visitor.field("hidden_size", hidden_size, "inner width of the blocks' feed-forward networks; 0: dim");
}

void InterestOptions::validate() const {
  ModelOptions::validate();
  check_range("n_interest", n_interest, 1, kMostInterests);
  check_choice("positions", positions, {"newest", "oldest", "none"});
  check_range("num_layers", num_layers, 0, kMostLayers, "no blocks");
  check(num_heads >= 1 && dim % num_heads == 0, ErrorKind::kUsage, "num_heads should divide dim, got {} and {}", num_heads, dim);
  check_range("hidden_size", hidden_size, 0, kWidest, "dim");
}

InterestEvents::InterestEvents(const InterestOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters, Inference inference)
    : dropout_(options.dropout),
      items_(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
      history_(schema, statistics, options.dim, options.feature_dim, parameters, inference) {
  const AttentionBlockOptions block = {options.dim, options.num_heads, options.hidden_size, options.dropout, "relu", false};
  for (int64_t i = 0; i < options.num_layers; ++i) blocks_.emplace_back(block, "block" + std::to_string(i), parameters);
}

at::Tensor InterestEvents::forward(const UserBatch& batch, EncodeContext& context) const {
  at::Tensor x = history_.forward(items_.forward(batch.items, context), batch, context);  // [P, D]
  x = dropout(x, dropout_, context);
  for (const AttentionBlock& block : blocks_) x = block.forward(x, batch.sequences, context);
  return x;
}

}  // namespace rechub
