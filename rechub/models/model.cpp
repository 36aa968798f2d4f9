#include "rechub/models/model.h"

#include <cmath>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/models/option_ranges.h"

namespace rechub {
namespace {

// Length 1 along the last axis; a zero vector stays zero.
at::Tensor normalise(const at::Tensor& x) { return x / at::clamp_min(at::norm(x, 2, -1, true), 1e-12); }

}  // namespace

void ModelOptions::describe(OptionVisitor& visitor) {
  visitor.field("dim", dim, "width of user and item vectors");
  visitor.field("max_length", max_length, "events of a history that are used, the newest ones");
  visitor.field("dropout", dropout, "share of activations dropped in training, from 0 to below 1");
  visitor.field("similarity", similarity, "score of a user and an item: dot or cosine");
  visitor.field("temperature", temperature, "the losses divide scores by it; with cosine about 0.05, with dot 1");
  visitor.field("learn_temperature", learn_temperature, "learn the temperature with the weights, from that value on, between .01 and 100");
  visitor.field("feature_dim", feature_dim, "embedding width of sparse features that name none");
  visitor.field("user_id", user_id, "also embed the user's id");
}

void ModelOptions::validate() const {
  check_range("dim", dim, 1, kWidest);
  check_range("max_length", max_length, 1, kLongest);
  check_dropout("dropout", dropout);
  check(similarity == "dot" || similarity == "cosine", ErrorKind::kUsage, "similarity should be dot or cosine, got '{}'", similarity);
  check(std::isfinite(temperature) && temperature > 0, ErrorKind::kUsage, "temperature should be above 0, got {}; with cosine about 0.05, with dot 1", temperature);
  check_range("feature_dim", feature_dim, 1, kWidest);
}

Model::Model(const ModelOptions& options, bool is_causal, int64_t vectors_per_user) : options_(options), is_causal_(is_causal), vectors_per_user_(vectors_per_user) {
  options.validate();
}

void Model::learn_temperature(ParameterSet& parameters) {
  check(options_.temperature >= kLowestTemperature && options_.temperature <= kHighestTemperature, ErrorKind::kUsage,
        "a temperature that is learnt begins between {} and {}, got {}", kLowestTemperature, kHighestTemperature, options_.temperature);
  log_temperature_ = parameters.add("log_temperature", {1}, Init::zeros());
  log_temperature_.detach().fill_(std::log(options_.temperature));
}

void Model::keep_temperature_in_range() const {
  if (log_temperature_.defined()) log_temperature_.detach().clamp_(std::log(kLowestTemperature), std::log(kHighestTemperature));
}

double Model::temperature() const { return log_temperature_.defined() ? std::exp(log_temperature_.item<double>()) : options_.temperature; }

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
