#pragma once

// Data for tests of training: small enough to be learnt by heart in a second.

#include <utility>

#include "rechub/data/dataset_parts.h"
#include "rechub/data/split.h"

namespace rechub {

inline constexpr int64_t kSequences = 8, kSequenceLength = 6;

// Eight users; sequence s holds items of its own, so that each position's next item can be learnt.
inline Dataset eight_sequences() {
  DatasetParts parts;
  parts.user_rows = 2 + kSequences;
  parts.item_rows = 2 + kSequences * kSequenceLength;
  parts.user_begin = {0, 0, 0};
  for (int64_t s = 0; s < kSequences; ++s) {
    for (int64_t t = 0; t < kSequenceLength; ++t) parts.items.push_back(static_cast<int32_t>(2 + s * kSequenceLength + t));
    parts.user_begin.push_back(static_cast<int64_t>(parts.items.size()));
  }
  return Dataset::from_memory(std::move(parts));
}

// Every event trains.
inline Split all_training(const Dataset& dataset) {
  Split split;
  split.protocol = "all";
  split.train_end.assign(dataset.user_begin().begin() + 1, dataset.user_begin().end());
  split.item_counts.resize(dataset.item_rows());
  for (int32_t item : dataset.items()) ++split.item_counts[item];
  split.num_train_events = dataset.num_events();
  return split;
}

}  // namespace rechub
