#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace rechub::matching {

// One column of data: a number a row, `width` numbers a row (a matrix, row by row), or a list a row. Owns its numbers or views those of somebody else, without a copy. Copies share
// them; const calls are thread-safe.
class Column {
 public:
  using Values = std::variant<std::span<const int32_t>, std::span<const int64_t>, std::span<const float>, std::span<const double>>;

  // Takes the numbers over. Throws kShape where they do not fill whole rows.
  template <class T>
  Column(std::vector<T> values, int64_t width = 1) {  // NOLINT: columns are written as plain vectors
    auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    *this = view(std::span<const T>(*owner), width, owner);
  }
  Column(const std::vector<std::vector<int64_t>>& lists);  // NOLINT

  // Views; `owner` keeps the numbers alive (null: the caller does). List r is values[offsets[r] .. offsets[r + 1]). Throws kShape where offsets do not ascend from 0 to the number
  // of values.
  static Column view(Values values, int64_t width, std::shared_ptr<const void> owner);
  static Column view_lists(Values values, std::span<const int64_t> offsets, std::shared_ptr<const void> owner);

  int64_t num_rows() const;
  int64_t width() const { return width_; }  // numbers a row; 0 for lists
  bool is_list() const { return width_ == 0; }
  const Values& values() const { return values_; }
  int64_t row_begin(int64_t row) const { return is_list() ? offsets_[row] : row * width_; }

 private:
  Column() = default;
  Values values_;
  int64_t width_ = 1;
  std::span<const int64_t> offsets_;  // [rows + 1], lists only
  std::shared_ptr<const void> owner_;
};

using Columns = std::map<std::string, Column>;

// The rows of all columns, at least one. Throws kShape naming two columns that differ, kData where there are no columns or no rows. `what` names the columns to a person ("x").
int64_t count_rows(const Columns& columns, const std::string& what);

}  // namespace rechub::matching
