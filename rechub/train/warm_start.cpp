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

// The row of `from` behind each row of a space of `to`, kUnknownIndex where it is new; nothing where the spaces have nothing in common.
std::optional<std::vector<int32_t>> origins(const std::string& space, const Dataset& from, const Dataset& to) {
  if (space == kItemSpace) return code_map(to.item_ids(), from.item_ids());
  if (space == kUserSpace) return code_map(to.user_ids(), from.user_ids());
  const Schema old_schema = make_schema(from), new_schema = make_schema(to);
  const FeatureSpec *before = spec_of_space(old_schema, space), *now = spec_of_space(new_schema, space);
  if (!before || !now || before->encoding != now->encoding) return std::nullopt;
  if (now->encoding == "value" || now->encoding == "cross") return code_map(to.space(space), from.space(space));
  if (before->rows != now->rows || before->boundaries != now->boundaries) return std::nullopt;
  std::vector<int32_t> same(static_cast<size_t>(now->rows));
  std::iota(same.begin(), same.end(), 0);
  return same;
}

// Sums of rows of a table, one a key, and how many were added.
class RowMeans {
 public:
  RowMeans(int64_t keys, int64_t width) : sums_(at::zeros({keys, width})), counts_(static_cast<size_t>(keys)) {}
  void add(int64_t key, const at::Tensor& row) { sums_[key].add_(row), ++counts_[static_cast<size_t>(key)]; }
  bool has(int64_t key) const { return counts_[static_cast<size_t>(key)] > 0; }
  at::Tensor mean(int64_t key) const { return sums_[key] / static_cast<double>(counts_[static_cast<size_t>(key)]); }

 private:
  at::Tensor sums_;
  std::vector<int64_t> counts_;
};

// Means of the known items next to each new one in training histories.
RowMeans history_neighbours(const Dataset& dataset, const Split& split, const std::vector<int32_t>& origin, const at::Tensor& rows) {
  RowMeans means(rows.size(0), rows.size(1));
  const std::span<const int32_t> items = dataset.items();
  for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) {
    const int64_t begin = dataset.user_begin()[user], end = split.train_end[user];
    for (int64_t event = begin; event < end; ++event) {
      if (origin[items[event]] != kUnknownIndex) continue;
      for (int64_t other = std::max(begin, event - kNeighbourhood); other < std::min(end, event + kNeighbourhood + 1); ++other) {
        if (origin[items[other]] != kUnknownIndex) means.add(items[event], rows[items[other]]);
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

// For each new item the mean, over its feature values that known items have, of those items' mean.
RowMeans feature_neighbours(const Dataset& dataset, const std::vector<int32_t>& origin, const at::Tensor& rows) {
  RowMeans means(rows.size(0), rows.size(1));
  for (const FeatureColumn& column : dataset.item_features()) {
    if (column.spec.kind == FeatureKind::kDense) continue;
    RowMeans of_code(column.spec.rows, rows.size(1));
    for (int32_t item = kFirstIndex; item < dataset.item_rows(); ++item) {
      if (origin[item] != kUnknownIndex) for_each_code(column, item, [&](int32_t code) { of_code.add(code, rows[item]); });
    }
    for (int32_t item = kFirstIndex; item < dataset.item_rows(); ++item) {
      if (origin[item] != kUnknownIndex) continue;
      for_each_code(column, item, [&](int32_t code) {
        if (of_code.has(code)) means.add(item, of_code.mean(code));
      });
    }
  }
  return means;
}

std::string start_new_items(const Dataset& dataset, const Split& split, const std::vector<int32_t>& origin, at::Tensor& rows) {
  const RowMeans by_history = history_neighbours(dataset, split, origin, rows), by_features = feature_neighbours(dataset, origin, rows);
  int64_t from_history = 0, from_features = 0, unknown = 0;
  for (int32_t item = kFirstIndex; item < dataset.item_rows(); ++item) {
    if (origin[item] != kUnknownIndex) continue;
    const bool in_history = by_history.has(item), has_features = by_features.has(item);
    if (in_history || has_features) rows[item].copy_(in_history ? by_history.mean(item) : by_features.mean(item));
    ++(in_history ? from_history : has_features ? from_features : unknown);
  }
  return fmt::format("{} begin as the mean of the known items next to them, {} as that of items with the same features, {} as the unknown item", from_history, from_features,
                     unknown);
}

}  // namespace

std::vector<std::string> start_from(const ParameterSet& source, const Dataset& source_data, const Dataset& dataset, const Split& split, ParameterSet& parameters) {
  at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> known;
  for (const auto& [name, value] : named_tensors(source)) known.emplace(name, value);
  std::vector<std::string> sentences, fresh;
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
    const auto origin = found != known.end() && found->second.size(1) == table.values.size(1) ? origins(table.space, source_data, dataset) : std::nullopt;
    if (!origin) {
      fresh.push_back(table.name);
      continue;
    }
    table.values.copy_(found->second.index_select(0, at::tensor(std::vector<int64_t>(origin->begin(), origin->end()), at::kLong)));
    const int64_t rows = table.values.size(0) - kFirstIndex, unknown = std::count(origin->begin() + kFirstIndex, origin->end(), kUnknownIndex);
    moved_rows += rows - unknown;
    std::string sentence = fmt::format("{}: {} of {} rows are known", table.name, rows - unknown, rows);
    if (unknown > 0)
      sentence +=
          "; of the others, " + (table.space == kItemSpace ? start_new_items(dataset, split, *origin, table.values) : fmt::format("all {} begin as the unknown one", unknown));
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
