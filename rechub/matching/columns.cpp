#include "rechub/matching/columns.h"

#include <utility>

#include "rechub/base/error.h"

namespace rechub::matching {
namespace {

int64_t size_of(const Column::Values& values) {
  return std::visit([](auto span) { return static_cast<int64_t>(span.size()); }, values);
}

}  // namespace

Column::Column(const std::vector<std::vector<int64_t>>& lists) {
  struct Owner {
    std::vector<int64_t> values, offsets = {0};
  };
  auto owner = std::make_shared<Owner>();
  for (const std::vector<int64_t>& list : lists) {
    owner->values.insert(owner->values.end(), list.begin(), list.end());
    owner->offsets.push_back(static_cast<int64_t>(owner->values.size()));
  }
  *this = view_lists(std::span<const int64_t>(owner->values), owner->offsets, owner);
}

Column Column::view(Values values, int64_t width, std::shared_ptr<const void> owner) {
  check(width >= 1 && size_of(values) % width == 0, ErrorKind::kShape, "a column of {} numbers cannot have rows of {}", size_of(values), width);
  Column column;
  column.values_ = values;
  column.width_ = width;
  column.owner_ = std::move(owner);
  return column;
}

Column Column::view_lists(Values values, std::span<const int64_t> offsets, std::shared_ptr<const void> owner) {
  const int64_t size = size_of(values);
  check(!offsets.empty() && offsets.front() == 0 && offsets.back() == size, ErrorKind::kShape, "the offsets of a column of lists should go from 0 to its {} numbers", size);
  for (size_t row = 1; row < offsets.size(); ++row) {
    check(offsets[row - 1] <= offsets[row], ErrorKind::kShape, "the offsets of a column of lists should not fall: row {} goes from {} to {}", row - 1, offsets[row - 1],
          offsets[row]);
  }
  Column column;
  column.values_ = values;
  column.width_ = 0;
  column.offsets_ = offsets;
  column.owner_ = std::move(owner);
  return column;
}

int64_t Column::num_rows() const { return is_list() ? static_cast<int64_t>(offsets_.size()) - 1 : size_of(values_) / width_; }

int64_t count_rows(const Columns& columns, const std::string& what) {
  check(!columns.empty(), ErrorKind::kData, "{} has no columns", what);
  const auto& [first, column] = *columns.begin();
  for (const auto& [name, other] : columns) {
    check(other.num_rows() == column.num_rows(), ErrorKind::kShape, "{}: all columns need the same number of rows, but '{}' has {} and '{}' has {}", what, first, column.num_rows(),
          name, other.num_rows());
  }
  check(column.num_rows() > 0, ErrorKind::kData, "{} has no rows", what);
  return column.num_rows();
}

}  // namespace rechub::matching
