#include "rechub/models/two_towers.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/models/option_ranges.h"

namespace rechub {
namespace {

std::vector<int64_t> with_output(std::vector<int64_t> dims, int64_t output) {
  dims.push_back(output);
  return dims;
}

}  // namespace

void TwoTowerOptions::describe(OptionVisitor& visitor) {
  ModelOptions::describe(visitor);
  visitor.field("user_dims", user_dims, "hidden widths of the user tower; a last linear layer of width dim follows");
  visitor.field("item_dims", item_dims, "hidden widths of the item tower; a last linear layer of width dim follows");
  visitor.field("embedding_dim", embedding_dim, "width of an item's embedding below the towers");
  visitor.field("activation", activation, "of the hidden layers: tanh (the DSSM paper), relu, prelu, gelu, ...");
  visitor.field("item_activation", item_activation, "of the item tower's hidden layers; empty: activation");
  visitor.field("item_dropout", item_dropout, "of the item tower; -1: dropout");
  visitor.field("pooling", pooling, "of the history: mean, sum or max");
}

void TwoTowerOptions::validate() const {
  ModelOptions::validate();
  check_widths("user_dims", user_dims);
  check_widths("item_dims", item_dims);
  check_range("embedding_dim", embedding_dim, 1, kWidest);
  check_choice("pooling", pooling, {"mean", "sum", "max"});
  check(item_dropout == -1 || (item_dropout >= 0 && item_dropout < 1), ErrorKind::kUsage, "item_dropout should be -1 (dropout), or from 0 to below 1, got {}", item_dropout);
}

TwoTowers::TwoTowers(const TwoTowerOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
    : Model(options, false),
      dropout_(options.dropout),
      pooling_(schema.has_history ? options.pooling : ""),
      items_(schema, statistics, options.embedding_dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
      history_(schema, statistics, options.embedding_dim, options.feature_dim, parameters),
      profile_(schema, statistics, options, parameters),
      user_tower_(profile_.joined_to("history", schema.has_history ? options.embedding_dim : 0), with_output(options.user_dims, options.dim), options.activation, options.dropout,
                  "user_tower", parameters),
      item_tower_(options.embedding_dim, with_output(options.item_dims, options.dim), options.item_activation.empty() ? options.activation : options.item_activation,
                  options.item_dropout < 0 ? options.dropout : options.item_dropout, "item_tower", parameters) {}

UserVectors TwoTowers::user_vectors(const UserBatch& batch, EncodeContext& context) const {
  const at::Tensor x = pooled_history_with_profile(items_, history_, profile_, pooling_, dropout_, batch, context);  // [R, E + profile]
  return UserVectors::single(user_tower_.forward(x, context));                                                       // [R, 1, D]
}

at::Tensor TwoTowers::item_vectors(const ItemBatch& batch, EncodeContext& context) const {
  return item_tower_.forward(items_.forward(batch, context), context);  // [N, D]
}

}  // namespace rechub
