#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/matching/models.h"

namespace rechub::matching {

// What the constructors of models.h share: checks that name the argument, and the engine's options that stand for it. `model` is the class's name. All throw kUsage.

int64_t at_least_one(int64_t value, const char* argument, const char* model);
int64_t heads_that_divide(int64_t num_heads, int64_t embedding_dim, const char* model);
const TowerParams& checked_tower(const TowerParams& params, const char* argument, const char* model);
std::vector<int64_t> hidden_widths(const TowerParams& params);  // all widths but the last

// similarity, temperature, max_length and dropout: options of every model.
nlohmann::json shared_options(double temperature, int64_t max_length, double dropout, const char* model);

// Options of ComirecDR, ComirecSA and SINE by the arguments all three have, and the heads where there are some.
template <class Arguments>
nlohmann::json interest_options(const Arguments& arguments, const char* model) {
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, arguments.dropout, model);
  options["dim"] = at_least_one(arguments.embedding_dim, "embedding_dim", model);
  options["num_layers"] = at_least_one(arguments.num_layers, "num_layers", model);
  options["hidden_size"] = at_least_one(arguments.hidden_size, "hidden_size", model);
  options["n_interest"] = at_least_one(arguments.n_interest, "n_interest", model);
  if constexpr (requires { arguments.num_heads; }) {
    options["num_heads"] = heads_that_divide(arguments.num_heads, arguments.embedding_dim, model);
    options["attention_size"] = arguments.hidden_size;
  }
  return options;
}

// Options of a model of two towers, which end in vectors of one width.
struct TwoTowerArguments {
  const TowerParams& user_params;
  const TowerParams& item_params;
  double temperature;
  int64_t max_length;
};
nlohmann::json two_tower_options(const TwoTowerArguments& arguments, const FeatureLayout& layout, const char* model);

}  // namespace rechub::matching
