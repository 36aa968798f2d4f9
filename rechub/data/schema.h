#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/feature_table.h"

namespace rechub {

// Row spaces every data set has; sparse features bring their own. A row space is what embedding rows are numbered by: tables over one space share their ids.
inline constexpr const char* kItemSpace = "items";
inline constexpr const char* kUserSpace = "users";

// What a model must know of its inputs to be built: sizes and feature columns, no values.
struct Schema {
  int64_t item_rows = 0, user_rows = 0;  // the two reserved rows included
  bool has_item_ids = true;              // items have an embedding of their own; false: they are what their features say
  bool has_history = true;               // users have events; false: they are what their features say
  std::vector<FeatureSpec> item;         // columns of items
  std::vector<FeatureSpec> user;         // columns of users
  std::vector<FeatureSpec> history;      // event columns that describe past events
  std::vector<FeatureSpec> context;      // event columns known when a recommendation is asked for; behind them the named sequences, as features of several codes
};

class Dataset;
Schema make_schema(const Dataset& dataset);

}  // namespace rechub
