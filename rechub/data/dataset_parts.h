#pragma once

#include <cstdint>
#include <vector>

#include "rechub/data/feature_values.h"
#include "rechub/data/vocabulary.h"

namespace rechub {

// A named sequence in memory.
struct SequenceValues {
  FeatureSpec spec;
  std::vector<int64_t> begin, end;  // [user_rows]
  std::vector<int32_t> codes;
  std::vector<int64_t> times;
};

// What a data set in memory is made of; see Dataset for the meaning. Whoever makes one has checked it.
struct DatasetParts {
  int32_t user_rows = 0, item_rows = 0;  // the two reserved rows included
  std::vector<int64_t> user_begin;       // [user_rows + 1]
  std::vector<int32_t> items;            // [events]
  std::vector<int64_t> times;            // [events] or empty
  std::vector<float> weights, labels;    // [events] or empty
  std::vector<int32_t> user_codes;       // [user_rows] or empty
  bool has_repeats = false;
  std::vector<FeatureValues> user_features, item_features, event_features;
  FeatureTable shared_item_features;  // behind item_features: columns whose values outlive the data set
  std::vector<SequenceValues> sequences;
  Vocabulary user_ids, item_ids;  // may be empty
};

}  // namespace rechub
