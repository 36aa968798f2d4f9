#include "rechub/train/new_rows.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "rechub/data/feature_table.h"
#include "rechub/data/schema.h"

namespace rechub {
namespace {

constexpr int64_t kNeighbourhood = 3;  // events to either side

// Sums of rows of a table, one a key, and how many were added.
class RowMeans {
 public:
  RowMeans(int64_t keys, int64_t width) : width_(static_cast<size_t>(width)), sums_(static_cast<size_t>(keys) * width_), counts_(static_cast<size_t>(keys)) {}

  void add(size_t key, const float* row) {
    for (size_t d = 0; d < width_; ++d) sums_[key * width_ + d] += row[d];
    ++counts_[key];
  }
  void add_mean(size_t key, const RowMeans& other, size_t other_key) {
    for (size_t d = 0; d < width_; ++d) sums_[key * width_ + d] += other.sums_[other_key * width_ + d] / static_cast<float>(other.counts_[other_key]);
    ++counts_[key];
  }
  bool has(size_t key) const { return counts_[key] > 0; }
  void write_mean(size_t key, float* row) const {
    for (size_t d = 0; d < width_; ++d) row[d] = sums_[key * width_ + d] / static_cast<float>(counts_[key]);
  }

 private:
  size_t width_;
  std::vector<float> sums_;
  std::vector<int64_t> counts_;
};

// A table over items or users, and which row of the trained one each is.
struct TableRows {
  float* values;
  int64_t width;
  const std::vector<int32_t>& origin;
  float* row(int64_t i) const { return values + i * width; }
  bool is_new(int64_t i) const { return origin[i] == kUnknownIndex; }
};

// Means of the known items next to each new one in training histories.
RowMeans history_neighbours(const Dataset& dataset, const Split& split, const TableRows& rows) {
  RowMeans means(dataset.item_rows(), rows.width);
  const std::span<const int32_t> items = dataset.items();
  for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) {
    const int64_t begin = dataset.user_begin()[user], end = split.train_end[user];
    for (int64_t event = begin; event < end; ++event) {
      if (!rows.is_new(items[event])) continue;
      for (int64_t other = std::max(begin, event - kNeighbourhood); other < std::min(end, event + kNeighbourhood + 1); ++other) {
        if (!rows.is_new(items[other])) means.add(items[event], rows.row(items[other]));
      }
    }
  }
  return means;
}

template <class Each>
void for_each_code(const FeatureColumn& column, int64_t row, Each&& each) {
  if (column.spec.kind == FeatureKind::kSparse && column.codes[row] >= kFirstIndex) each(column.codes[row]);
  if (column.spec.kind != FeatureKind::kMulti) return;
  for (int64_t i = column.offsets[row]; i < column.offsets[row + 1]; ++i) {
    if (column.codes[i] >= kFirstIndex) each(column.codes[i]);
  }
}

// For each new user the mean, over the items of his training history that known users have, of those users' mean.
RowMeans users_of_the_same_items(const Dataset& dataset, const Split& split, const TableRows& rows) {
  RowMeans means(dataset.user_rows(), rows.width), of_item(dataset.item_rows(), rows.width);
  const std::span<const int32_t> items = dataset.items();
  const auto each_event = [&](bool of_new, auto&& each) {
    for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) {
      if (rows.is_new(user) != of_new) continue;
      for (int64_t event = dataset.user_begin()[user]; event < split.train_end[user]; ++event) each(user, items[event]);
    }
  };
  each_event(false, [&](int32_t user, int32_t item) { of_item.add(item, rows.row(user)); });
  each_event(true, [&](int32_t user, int32_t item) {
    if (of_item.has(item)) means.add_mean(user, of_item, item);
  });
  return means;
}

// For each row of `wanted` the mean, over its feature values that known rows have, of those rows' mean.
RowMeans feature_neighbours(const FeatureTable& features, const std::vector<int32_t>& wanted, const TableRows& rows) {
  const auto num_rows = static_cast<int32_t>(rows.origin.size());
  RowMeans means(num_rows, rows.width);
  if (wanted.empty()) return means;
  for (const FeatureColumn& column : features) {
    if (column.spec.kind == FeatureKind::kDense) continue;
    RowMeans of_code(column.spec.rows, rows.width);
    for (int32_t row = kFirstIndex; row < num_rows; ++row) {
      if (!rows.is_new(row)) for_each_code(column, row, [&](int32_t code) { of_code.add(code, rows.row(row)); });
    }
    for (int32_t row : wanted) {
      for_each_code(column, row, [&](int32_t code) {
        if (of_code.has(code)) means.add_mean(row, of_code, code);
      });
    }
  }
  return means;
}

}  // namespace

std::string start_new_rows(const Dataset& dataset, const Split& split, TableParameter& table, const std::vector<int32_t>& origin) {
  const TableRows rows{table.values.mutable_data_ptr<float>(), table.values.size(1), origin};
  const bool is_items = table.space == kItemSpace;
  const auto num_new = std::count(origin.begin() + kFirstIndex, origin.end(), kUnknownIndex);
  if (!is_items && table.space != kUserSpace) return fmt::format("all {} begin as the unknown one", num_new);
  const RowMeans by_history = is_items ? history_neighbours(dataset, split, rows) : users_of_the_same_items(dataset, split, rows);
  std::vector<int32_t> in_history, others;
  for (auto row = static_cast<int32_t>(kFirstIndex); row < static_cast<int32_t>(origin.size()); ++row) {
    if (rows.is_new(row)) (by_history.has(row) ? in_history : others).push_back(row);
  }
  const RowMeans by_features = feature_neighbours(is_items ? dataset.item_features() : dataset.user_features(), others, rows);
  for (int32_t row : in_history) by_history.write_mean(row, rows.row(row));
  std::erase_if(others, [&](int32_t row) { return !by_features.has(row); });
  for (int32_t row : others) by_features.write_mean(row, rows.row(row));
  return fmt::format("{} begin as the mean of the known {}, {} as that of {} with the same features, {} as the unknown {}", in_history.size(),
                     is_items ? "items next to them" : "users who share items with them", others.size(), is_items ? "items" : "users",
                     num_new - static_cast<int64_t>(in_history.size() + others.size()), is_items ? "item" : "user");
}

}  // namespace rechub
