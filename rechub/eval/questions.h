#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/data/split.h"

namespace rechub {

// The cases an evaluation judges, with the distinct relevant items of each: evaluator.h says which targets are dropped, which are cold and which cases are left out.
struct Questions {
  std::vector<EvaluationCase> cases;
  std::vector<int64_t> target_offsets = {0};  // [cases + 1] into targets
  std::vector<int32_t> targets;               // warm relevant items, in the order of the events
  std::vector<int32_t> num_cold;              // [cases] relevant items without training events
  std::vector<int32_t> cold_targets;          // these items, case by case
  int64_t num_repeated_targets = 0, num_seen_targets = 0;

  int64_t size() const { return static_cast<int64_t>(cases.size()); }
  std::span<const int32_t> targets_of(int64_t i) const { return std::span(targets).subspan(target_offsets[i], target_offsets[i + 1] - target_offsets[i]); }
  int64_t num_relevant(int64_t i) const { return target_offsets[i + 1] - target_offsets[i] + num_cold[i]; }
};

// `items` and `weights` are the events of the data set that the cases point into (no weights: all 1; an event of weight 0 is no target), `item_counts` is [item_rows]
// (Split::item_counts).
Questions make_questions(std::span<const EvaluationCase> cases, std::span<const int32_t> items, std::span<const int64_t> item_counts, bool exclude_seen,
                         std::span<const float> weights = {});

}  // namespace rechub
