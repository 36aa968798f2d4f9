#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rechub/serve/channel.h"

namespace rechub {

// An ItemFilter in the rows of one data set, for one history.
struct RowFilter {
  RowFilter(const Dataset& dataset, const ItemFilter& filter, std::span<const int32_t> history);
  bool permits(int32_t row) const;

  std::vector<int32_t> denied;   // ascending, each once
  std::vector<uint8_t> allowed;  // [item_rows], or empty: all are
};

// What an ItemFilter keeps out for who asks, in raw ids: what it denies, and what was seen where that stays out.
std::vector<std::string> denied_ids(const Dataset& dataset, const ItemFilter& filter, const UserRequest& who);

struct ScoredRow {
  int32_t row = 0;
  float score = 0;
};

// The `count` best of the rows that the filter permits, best first, equal scores in order of row.
std::vector<ScoredItem> best_rows(const Dataset& dataset, std::vector<ScoredRow> rows, const RowFilter& filter, int64_t count);

}  // namespace rechub
