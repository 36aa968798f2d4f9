#include "rechub/train/shown_negatives.h"

#include <algorithm>

#include "rechub/base/error.h"

namespace rechub {
namespace {

// Appends the items of [begin, end) not taken that lie nearest to `target`, `count` at most.
void append_nearest(const Dataset& dataset, int64_t begin, int64_t end, int64_t target, int64_t count, std::vector<int64_t>& items) {
  const size_t first = items.size();
  const auto is_taken = [&](int32_t item) {
    for (int64_t event = begin; event < end; ++event) {
      if (dataset.items()[event] == item && dataset.weights()[event] > 0) return true;
    }
    return false;
  };
  const auto consider = [&](int64_t event) {
    if (event < begin || event >= end || dataset.weights()[event] > 0 || static_cast<int64_t>(items.size() - first) == count) return;
    const int32_t item = dataset.items()[event];
    if (std::find(items.begin() + static_cast<int64_t>(first), items.end(), item) == items.end() && !is_taken(item)) items.push_back(item);
  };
  for (int64_t distance = 1; distance < end - begin && static_cast<int64_t>(items.size() - first) < count; ++distance) {
    consider(target - distance);
    consider(target + distance);
  }
  items.resize(first + static_cast<size_t>(count), dataset.items()[target]);
}

}  // namespace

std::vector<int64_t> shown_negatives(const Dataset& dataset, const Split& split, const SequenceBatch& batch, int64_t count) {
  std::vector<int64_t> items;
  for (size_t r = 0; r < batch.target_event.size(); ++r) {
    const int64_t user = batch.user[batch.readout_sequence[r]];
    append_nearest(dataset, dataset.user_begin()[user], split.train_end[user], batch.target_event[r], count, items);
  }
  return items;
}

void check_shown_negatives(const Dataset& dataset) {
  const auto weights = dataset.weights();
  check(std::any_of(weights.begin(), weights.end(), [](float weight) { return weight == 0; }), ErrorKind::kUsage,
        "hard_source shown takes what was shown and not taken, events of weight 0, and this data set has none: prepare it with weight_col or target_events");
}

}  // namespace rechub
