#include "rechub/matching/examples.h"

#include <algorithm>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/data/vocabulary.h"
#include "rechub/matching/column_reader.h"

namespace rechub::matching {

ExampleBuilder::ExampleBuilder(const FeatureLayout& layout) : layout_(layout), items_(layout), users_(empty_features(layout.user)) {}

void ExampleBuilder::add_items(const Columns& columns, const std::string& what) { items_.add(columns, what); }

void ExampleBuilder::add_rows(const Columns& columns, const std::string& what, const std::vector<float>& labels, bool with_items) {
  Rows rows;
  rows.count = count_rows(columns, what);
  append_features(layout_.user, columns, what, users_);
  if (layout_.history) {
    rows.history.spec = layout_.history->spec;
    rows.history.offsets = {0};
    append_rows(find_column(columns, layout_.history->spec.name, what), layout_.history->vocab_size, rows.history);
  }
  if (with_items) rows.targets = items_.add(columns, what);
  rows.labels = labels;
  rows_.push_back(std::move(rows));
}

Dataset ExampleBuilder::build(LabelUse use) {
  DatasetParts parts;
  parts.user_begin = {0, 0, 0};
  std::vector<float> labels;
  for (const Rows& rows : rows_) {
    for (int64_t row = 0; row < rows.count; ++row) {
      const size_t begin = parts.items.size();
      if (layout_.history) {
        for (int64_t i = rows.history.offsets[row]; i < rows.history.offsets[row + 1]; ++i) parts.items.push_back(items_.find_or_add(rows.history.codes[i]));
      }
      if (!rows.targets.empty()) {
        parts.has_repeats = parts.has_repeats || std::find(parts.items.begin() + begin, parts.items.end(), rows.targets[row]) != parts.items.end();
        parts.items.push_back(rows.targets[row]);
      }
      labels.resize(parts.items.size(), 1.0F);
      if (!rows.targets.empty() && !rows.labels.empty()) labels.back() = rows.labels[row];
      parts.user_begin.push_back(static_cast<int64_t>(parts.items.size()));
    }
  }
  if (use == LabelUse::kLabel) parts.labels = std::move(labels);
  if (use == LabelUse::kWeight) parts.weights = std::move(labels);
  check(parts.user_begin.size() <= INT32_MAX, ErrorKind::kData, "{} rows are more than fit one data set", parts.user_begin.size() - 3);
  parts.user_rows = static_cast<int32_t>(parts.user_begin.size()) - 1;
  parts.item_rows = items_.rows();
  parts.user_features = std::move(users_);
  parts.item_features = items_.take();
  return Dataset::from_memory(std::move(parts));
}

EvaluationCase case_of_row(const Dataset& dataset, int64_t row, bool has_target) {
  const auto user = static_cast<int32_t>(row + kFirstIndex);
  const int64_t begin = dataset.user_begin()[user], end = dataset.user_begin()[user + 1], target = end - (has_target ? 1 : 0);
  return {user, begin, target, target, end};
}

Dataset item_dataset(const FeatureLayout& layout, const Columns& columns, const std::string& what) {
  DatasetParts parts;
  parts.user_rows = kFirstIndex;
  parts.user_begin = {0, 0, 0};
  parts.item_rows = static_cast<int32_t>(count_rows(columns, what)) + kFirstIndex;
  parts.user_features = empty_features(layout.user);
  parts.item_features = empty_features(layout.item);
  append_features(layout.item, columns, what, parts.item_features);
  return Dataset::from_memory(std::move(parts));
}

}  // namespace rechub::matching
