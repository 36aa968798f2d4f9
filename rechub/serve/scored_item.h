#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace rechub {

// An item of some bundle's catalogue, by its raw id, numbers as text: bundles need not share one catalogue.
struct ScoredItem {
  std::string item;
  float score = 0;
};

inline bool comes_before(const ScoredItem& a, const ScoredItem& b) { return a.score > b.score; }

// The `count` best of two lists, both best first as the result is; of equal scores those of `first` come first.
inline std::vector<ScoredItem> merge_best(std::vector<ScoredItem> first, std::vector<ScoredItem> second, int64_t count) {
  std::vector<ScoredItem> merged;
  std::merge(std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()), std::make_move_iterator(second.begin()), std::make_move_iterator(second.end()),
             std::back_inserter(merged), comes_before);
  if (static_cast<int64_t>(merged.size()) > count) merged.resize(count);
  return merged;
}

}  // namespace rechub
