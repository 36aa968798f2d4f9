#include "rechub/matching/arguments.h"

#include <cmath>

#include "rechub/base/error.h"

namespace rechub::matching {
namespace {

double checked_dropout(double dropout, const char* model) {
  check(dropout >= 0 && dropout < 1, ErrorKind::kUsage, "{}: dropout should be from 0 to below 1, got {}", model, dropout);
  return dropout;
}

}  // namespace

int64_t at_least_one(int64_t value, const char* argument, const char* model) {
  check(value >= 1, ErrorKind::kUsage, "{}: {} should be 1 or more, got {}", model, argument, value);
  return value;
}

int64_t heads_that_divide(int64_t num_heads, int64_t embedding_dim, const char* model) {
  at_least_one(num_heads, "num_heads", model);
  check(embedding_dim % num_heads == 0, ErrorKind::kUsage, "{}: num_heads should divide embedding_dim, got {} and {}", model, num_heads, embedding_dim);
  return num_heads;
}

const TowerParams& checked_tower(const TowerParams& params, const char* argument, const char* model) {
  check(!params.dims.empty(), ErrorKind::kUsage, "{}: {} has no dims; its last one is the width of the vectors, as in 256, 128, 64", model, argument);
  for (int64_t width : params.dims) at_least_one(width, argument, model);
  checked_dropout(params.dropout, model);
  return params;
}

std::vector<int64_t> hidden_widths(const TowerParams& params) { return {params.dims.begin(), params.dims.end() - 1}; }

nlohmann::json shared_options(double temperature, int64_t max_length, double dropout, const char* model) {
  check(std::isfinite(temperature) && temperature > 0, ErrorKind::kUsage, "{}: temperature should be above 0, got {}; 0.02 to 0.1 suits cosines", model, temperature);
  return {{"similarity", "cosine"}, {"temperature", temperature}, {"max_length", at_least_one(max_length, "max_length", model)}, {"dropout", checked_dropout(dropout, model)}};
}

nlohmann::json two_tower_options(const TwoTowerArguments& arguments, const FeatureLayout& layout, const char* model) {
  const TowerParams& user = checked_tower(arguments.user_params, "user_params", model);
  const TowerParams& item = checked_tower(arguments.item_params, "item_params", model);
  check(user.dims.back() == item.dims.back(), ErrorKind::kUsage, "{}: both towers end in vectors of one width, but the last of user_params' dims is {} and of item_params' {}",
        model, user.dims.back(), item.dims.back());
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, user.dropout, model);
  options["dim"] = user.dims.back();
  options["user_dims"] = hidden_widths(user);
  options["item_dims"] = hidden_widths(item);
  options["activation"] = user.activation;
  options["item_activation"] = item.activation;
  options["item_dropout"] = item.dropout;
  options["embedding_dim"] = layout.item_width();  // the item tower reads the features as they are
  if (layout.history) options["pooling"] = layout.history_pooling;
  return options;
}

}  // namespace rechub::matching
