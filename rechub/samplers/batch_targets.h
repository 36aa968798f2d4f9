#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/data/batch.h"

namespace rechub {

std::vector<int64_t> distinct_targets(const SequenceBatch& batch);  // ascending

// How likely items stand among the targets of a batch, by their share p of the training events: 1 - (1 - p)^R where R targets are drawn.
class TargetShares {
 public:
  explicit TargetShares(std::span<const int64_t> item_counts);  // [item_rows]
  double in_batch(int64_t item, size_t num_targets) const;      // 0 for an item without training events

 private:
  std::vector<double> share_;
};

// log(x), finite for 0.
float safe_log(double x);

}  // namespace rechub
