#include "rechub/data/feature_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace rechub {
namespace {

using RowFilter = std::function<bool(int64_t row)>;

DenseStatistics fit_column(const FeatureColumn& column, const RowFilter& is_training_row) {
  DenseStatistics fitted;
  const auto rows = static_cast<int64_t>(column.values.size());
  double minimum = std::numeric_limits<double>::infinity();
  for (int64_t row = 0; row < rows; ++row) {
    if (is_training_row(row) && !std::isnan(column.values[row])) minimum = std::min<double>(minimum, column.values[row]);
  }
  if (std::isinf(minimum)) return fitted;
  fitted.minimum = minimum;
  double count = 0, mean = 0, squares = 0;  // Welford
  for (int64_t row = 0; row < rows; ++row) {
    if (!is_training_row(row) || std::isnan(column.values[row])) continue;
    const double raw = column.values[row];
    const double value = column.spec.transform == "log" ? std::log1p(raw - minimum) : raw;
    count += 1;
    const double delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  fitted.mean = mean;
  fitted.standard_deviation = squares > 0 ? std::sqrt(squares / count) : 1;
  return fitted;
}

void fit_table(const FeatureTable& table, const RowFilter& is_training_row, FeatureStatistics& statistics) {
  for (const FeatureColumn& column : table) {
    if (column.spec.kind != FeatureKind::kDense || column.spec.width != 1 || column.spec.transform == "none") continue;
    statistics[column.spec.name] = fit_column(column, is_training_row);
  }
}

}  // namespace

FeatureStatistics fit_feature_statistics(const Dataset& dataset, const Split& split) {
  FeatureStatistics statistics;
  fit_table(
      dataset.user_features(), [&](int64_t user) { return split.train_end[user] > dataset.user_begin()[user]; }, statistics);
  fit_table(
      dataset.item_features(), [&](int64_t item) { return split.item_counts[item] > 0; }, statistics);
  if (!dataset.event_features().empty()) {
    std::vector<bool> trains(dataset.num_events());
    for (int32_t user = 0; user < dataset.user_rows(); ++user) {
      for (int64_t event = dataset.user_begin()[user]; event < split.train_end[user]; ++event) trains[event] = true;
    }
    fit_table(
        dataset.event_features(), [&](int64_t event) { return static_cast<bool>(trains[event]); }, statistics);
  }
  return statistics;
}

}  // namespace rechub
