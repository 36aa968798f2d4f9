#include "rechub/eval/user_items.h"

#include <utility>

namespace rechub {

SparseRows distinct_items(std::span<const int32_t> items, std::span<const int64_t> user_begin, std::span<const int64_t> train_end, size_t item_rows, int64_t limit) {
  SparseRows users;
  std::vector<int64_t> last_user(item_rows, -1);
  for (size_t user = 0; user < train_end.size(); ++user) {
    for (int64_t event = train_end[user] - 1; event >= user_begin[user]; --event) {
      if (static_cast<int64_t>(users.values.size()) - users.offsets.back() >= limit) break;
      if (std::exchange(last_user[items[event]], static_cast<int64_t>(user)) != static_cast<int64_t>(user)) users.values.push_back(items[event]);
    }
    users.offsets.push_back(static_cast<int64_t>(users.values.size()));
  }
  return users;
}

SparseRows transposed(const SparseRows& rows, size_t num_columns) {
  SparseRows result;
  result.offsets.assign(num_columns + 1, 0);
  for (int32_t column : rows.values) ++result.offsets[column + 1];
  for (size_t column = 0; column < num_columns; ++column) result.offsets[column + 1] += result.offsets[column];
  result.values.resize(rows.values.size());
  std::vector<int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (int64_t i = 0; i < rows.size(); ++i) {
    for (int32_t column : rows.row(i)) result.values[next[column]++] = static_cast<int32_t>(i);
  }
  return result;
}

}  // namespace rechub
