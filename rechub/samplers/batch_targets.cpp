#include "rechub/samplers/batch_targets.h"

#include <algorithm>
#include <cmath>

namespace rechub {

std::vector<int64_t> distinct_targets(const SequenceBatch& batch) {
  std::vector<int64_t> items = batch.target;
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

TargetShares::TargetShares(std::span<const int64_t> item_counts) {
  double total = 0;
  for (int64_t count : item_counts) total += static_cast<double>(count);
  for (int64_t count : item_counts) share_.push_back(static_cast<double>(count) / std::max(total, 1.0));
}

double TargetShares::in_batch(int64_t item, size_t num_targets) const { return -std::expm1(static_cast<double>(num_targets) * std::log1p(-std::min(share_[item], 1.0))); }

float safe_log(double x) { return static_cast<float>(std::log(std::max(x, 1e-30))); }

}  // namespace rechub
