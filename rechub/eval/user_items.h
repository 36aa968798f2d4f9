#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rechub {

// Lists end to end, as rows of a sparse binary matrix.
struct SparseRows {
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> values;
  int64_t size() const { return static_cast<int64_t>(offsets.size()) - 1; }
  std::span<const int32_t> row(int64_t i) const { return std::span(values).subspan(offsets[i], offsets[i + 1] - offsets[i]); }
};

// Each user's distinct training items, newest first, at most `limit`. `items` are the events of a data set, user u's training events are [user_begin[u], train_end[u]).
SparseRows distinct_items(std::span<const int32_t> items, std::span<const int64_t> user_begin, std::span<const int64_t> train_end, size_t item_rows, int64_t limit);

// Row c holds the rows that have c, ascending.
SparseRows transposed(const SparseRows& rows, size_t num_columns);

}  // namespace rechub
