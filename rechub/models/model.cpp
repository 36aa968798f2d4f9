#include "rechub/models/model.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

// Length 1 along the last axis; a zero vector stays zero.
at::Tensor normalise(const at::Tensor& x) { return x / at::clamp_min(at::norm(x, 2, -1, true), 1e-12); }

}  // namespace

void ModelOptions::describe(OptionVisitor& visitor) {
  visitor.field("dim", dim, "width of user and item vectors");
  visitor.field("max_length", max_length, "events of a history that are used, the newest ones");
  visitor.field("dropout", dropout, "share of activations dropped in training, 0 to 1");
  visitor.field("similarity", similarity, "score of a user and an item: dot or cosine");
  visitor.field("temperature", temperature, "the losses divide scores by it; with cosine about 0.05, with dot 1");
  visitor.field("feature_dim", feature_dim, "embedding width of sparse features that name none");
  visitor.field("user_id", user_id, "also embed the user's id");
}

UserVectors Model::encode_users(const UserBatch& batch, EncodeContext& context) const {
  UserVectors users = user_vectors(batch, context);
  if (options_.similarity == "cosine") users.vectors = normalise(users.vectors);
  return users;
}

at::Tensor Model::encode_items(const ItemBatch& batch, EncodeContext& context) const {
  const at::Tensor items = item_vectors(batch, context);
  return options_.similarity == "cosine" ? normalise(items) : items;
}

}  // namespace rechub
