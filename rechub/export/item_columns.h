#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/data/dataset.h"

namespace rechub {

// What a store keeps of each item beside its vector: its raw id, or one of its features as it was in the file. The data set must outlive it.
struct ItemColumn {
  enum Kind { kInteger, kText, kNumber };

  std::string name;  // unique; letters, digits and _, no digit first, at most 63: a name every store takes
  Kind kind = kText;
  bool is_list = false;                    // several values an item
  const FeatureColumn* feature = nullptr;  // none: the raw id
  const Vocabulary* values = nullptr;      // of codes: kInteger and kText

  size_t num_values(int32_t item) const;     // of a list: how many its value has
  nlohmann::json value(int32_t item) const;  // of an item row: a number, a text, a list of them, or null where it is missing
};

struct ItemColumns {
  std::vector<ItemColumn> columns;    // first the raw id, "item"; then the features in their order
  std::vector<std::string> left_out;  // features of which the data set keeps no raw values: buckets, crosses, letter trigrams, precomputed vectors
};

// `vector` and the names that stores keep for themselves are taken.
ItemColumns item_columns(const Dataset& dataset);

}  // namespace rechub
