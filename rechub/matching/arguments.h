#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/matching/models.h"

namespace rechub::matching {

// What the constructors of models.h share: checks that name the argument, and the engine's options that stand for it. `model` is the class's name. All throw kUsage.

int64_t at_least_one(int64_t value, const char* argument, const char* model);
const TowerParams& checked_tower(const TowerParams& params, const char* argument, const char* model);
std::vector<int64_t> hidden_widths(const TowerParams& params);  // all widths but the last

// similarity, temperature, max_length and dropout: options of every model.
nlohmann::json shared_options(double temperature, int64_t max_length, double dropout, const char* model);

}  // namespace rechub::matching
