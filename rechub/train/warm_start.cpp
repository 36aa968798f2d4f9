#include "rechub/train/warm_start.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include "rechub/base/error.h"
#include "rechub/bundle/bundle.h"
#include "rechub/data/recode.h"

namespace rechub {
namespace {

constexpr int64_t kNeighbourhood = 3;  // events to either side

const FeatureSpec* spec_of_space(const Schema& schema, const std::string& space) {
  for (const std::vector<FeatureSpec>* specs : {&schema.item, &schema.user, &schema.history, &schema.context}) {
    for (const FeatureSpec& spec : *specs) {
      if (spec.kind != FeatureKind::kDense && spec.space == space) return &spec;
    }
  }
  return nullptr;
}

// Which row of the trained model's tables is behind each row of the new ones.
class Origins {
 public:
  Origins(const Dataset& from, const Dataset& to) : from_(from), to_(to), before_(make_schema(from)), now_(make_schema(to)) {}

  // kUnknownIndex where a row is new; nothing where the spaces have nothing in common.
  std::optional<std::vector<int32_t>> of(const std::string& space) const {
    if (space == kItemSpace) return code_map(to_.item_ids(), from_.item_ids());
    if (space == kUserSpace) {
      std::vector<int32_t> users = code_map(to_.user_ids(), from_.user_ids());
      if (users_are_lines(from_) || users_are_lines(to_)) std::fill(users.begin() + kFirstIndex, users.end(), kUnknownIndex);
      return users;
    }
    const FeatureSpec *before = spec_of_space(before_, space), *now = spec_of_space(now_, space);
    if (!before || !now || before->encoding != now->encoding) return std::nullopt;
    if (has_vocabulary(*now)) return code_map(to_.space(space), from_.space(space));
    if (before->rows != now->rows || before->boundaries != now->boundaries) return std::nullopt;
    std::vector<int32_t> same(static_cast<size_t>(now->rows));
    std::iota(same.begin(), same.end(), 0);
    return same;
  }

 private:
  const Dataset &from_, &to_;
  Schema before_, now_;
};

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

// The rows of a table whose order is that of the items.
struct ItemRows {
  float* values;
  int64_t width;
  const std::vector<int32_t>& origin;
  float* row(int64_t item) const { return values + item * width; }
  bool is_new(int64_t item) const { return origin[item] == kUnknownIndex; }
};

// Means of the known items next to each new one in training histories.
RowMeans history_neighbours(const Dataset& dataset, const Split& split, const ItemRows& rows) {
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

// For each item of `wanted` the mean, over its feature values that known items have, of those items' mean.
RowMeans feature_neighbours(const Dataset& dataset, const std::vector<int32_t>& wanted, const ItemRows& rows) {
  RowMeans means(dataset.item_rows(), rows.width);
  if (wanted.empty()) return means;
  for (const FeatureColumn& column : dataset.item_features()) {
    if (column.spec.kind == FeatureKind::kDense) continue;
    RowMeans of_code(column.spec.rows, rows.width);
    for (int32_t item = kFirstIndex; item < dataset.item_rows(); ++item) {
      if (!rows.is_new(item)) for_each_code(column, item, [&](int32_t code) { of_code.add(code, rows.row(item)); });
    }
    for (int32_t item : wanted) {
      for_each_code(column, item, [&](int32_t code) {
        if (of_code.has(code)) means.add_mean(item, of_code, code);
      });
    }
  }
  return means;
}

std::string start_new_items(const Dataset& dataset, const Split& split, const ItemRows& rows) {
  const RowMeans by_history = history_neighbours(dataset, split, rows);
  std::vector<int32_t> in_history, others;
  for (int32_t item = kFirstIndex; item < dataset.item_rows(); ++item) {
    if (rows.is_new(item)) (by_history.has(item) ? in_history : others).push_back(item);
  }
  const RowMeans by_features = feature_neighbours(dataset, others, rows);
  for (int32_t item : in_history) by_history.write_mean(item, rows.row(item));
  std::erase_if(others, [&](int32_t item) { return !by_features.has(item); });
  for (int32_t item : others) by_features.write_mean(item, rows.row(item));
  const auto unknown = std::count(rows.origin.begin() + kFirstIndex, rows.origin.end(), kUnknownIndex) - static_cast<int64_t>(in_history.size() + others.size());
  return fmt::format("{} begin as the mean of the known items next to them, {} as that of items with the same features, {} as the unknown item", in_history.size(), others.size(),
                     unknown);
}

}  // namespace

std::vector<std::string> start_from(const ParameterSet& source, const Dataset& source_data, const Dataset& dataset, const Split& split, ParameterSet& parameters) {
  at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> known;
  for (const auto& [name, value] : named_tensors(source)) known.emplace(name, value);
  std::vector<std::string> sentences, fresh;
  const Origins origins(source_data, dataset);
  int64_t moved = 0, moved_rows = 0;
  for (DenseParameter& parameter : parameters.dense()) {
    const auto found = known.find(parameter.name);
    const bool fits = found != known.end() && found->second.sizes() == parameter.value.sizes();
    if (!fits) {
      fresh.push_back(parameter.name);
      continue;
    }
    parameter.value.detach().copy_(found->second);
    ++moved;
  }
  sentences.push_back(fmt::format("{} of {} tensors are those of the trained model", moved, parameters.dense().size()));
  for (TableParameter& table : parameters.tables()) {
    const auto found = known.find(table.name);
    const auto origin = found != known.end() && found->second.size(1) == table.values.size(1) ? origins.of(table.space) : std::nullopt;
    if (!origin) {
      fresh.push_back(table.name);
      continue;
    }
    table.values.copy_(found->second.index_select(0, at::tensor(std::vector<int64_t>(origin->begin(), origin->end()), at::kLong)));
    const int64_t rows = table.values.size(0) - kFirstIndex, unknown = std::count(origin->begin() + kFirstIndex, origin->end(), kUnknownIndex);
    moved_rows += rows - unknown;
    std::string sentence = fmt::format("{}: {} of {} rows are known", table.name, rows - unknown, rows);
    if (unknown > 0)
      sentence += "; of the others, " + (table.space == kItemSpace ? start_new_items(dataset, split, {table.values.mutable_data_ptr<float>(), table.values.size(1), *origin})
                                                                   : fmt::format("all {} begin as the unknown one", unknown));
    sentences.push_back(sentence);
  }
  check(moved + moved_rows > 0, ErrorKind::kUsage,
        "nothing of the trained model fits this model and data: there is no tensor of the same name and shape, and no id or value in common");
  if (!fresh.empty()) sentences.push_back(fmt::format("fresh, since there is nothing of that name and shape: {}", fmt::join(fresh, ", ")));
  return sentences;
}

void freeze(const std::vector<std::string>& patterns, ParameterSet& parameters) {
  std::vector<std::string> names;
  for (const auto& [name, value] : named_tensors(parameters)) names.push_back(name);
  const auto matches = [](const std::string& pattern, const std::string& name) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
  for (const std::string& pattern : patterns) {
    check(std::any_of(names.begin(), names.end(), [&](const std::string& name) { return matches(pattern, name); }), ErrorKind::kUsage,
          "freeze: no parameter is named {}; there are {}", pattern, fmt::join(names, ", "));
  }
  const auto is_frozen = [&](const std::string& name) { return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return matches(pattern, name); }); };
  bool is_any_left = false;
  for (DenseParameter& parameter : parameters.dense()) {
    if (parameter.trained && is_frozen(parameter.name)) parameter.trained = false, parameter.value.requires_grad_(false);
    is_any_left |= parameter.trained;
  }
  for (TableParameter& table : parameters.tables()) {
    table.trained = !is_frozen(table.name);
    is_any_left |= table.trained;
  }
  check(is_any_left, ErrorKind::kUsage, "freeze: {} leaves nothing to train", fmt::join(patterns, ", "));
}

}  // namespace rechub
