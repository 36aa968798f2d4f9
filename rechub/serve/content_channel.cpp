#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "rechub/base/error.h"
#include "rechub/serve/row_filter.h"

namespace rechub {
namespace {

constexpr size_t kHistory = 50;         // newest distinct items that count
constexpr size_t kProfileValues = 256;  // values a profile keeps, the heaviest
constexpr double kRecency = 0.5;        // the r-th newest item weighs r to the minus this

// Items as lists of feature values. A value weighs log(1 + N / items that have it); an item's vector has length 1; the history's profile is the sum of its items' vectors, the
// newest heaviest; the score is the dot product of profile and item. Numbers do not count.
class ContentChannel : public Channel {
 public:
  explicit ContentChannel(const ChannelData& data) : dataset_(data.dataset), values_(dataset_.item_rows()), scale_(dataset_.item_rows()) {
    for (const FeatureColumn& column : dataset_.item_features()) add_column(column);
    check(!items_.empty(), ErrorKind::kUsage, "the channel 'content' needs item features of values (numbers alone do not count), and this data set has none");
    const auto num_items = static_cast<double>(dataset_.num_items());
    for (const std::vector<int32_t>& items : items_) weights_.push_back(static_cast<float>(std::log(1 + num_items / static_cast<double>(items.size()))));
    for (int32_t row = kFirstIndex; row < dataset_.item_rows(); ++row) {
      double squares = 0;
      for (int32_t value : values_[row]) squares += static_cast<double>(weights_[value]) * weights_[value];
      scale_[row] = squares > 0 ? static_cast<float>(1 / std::sqrt(squares)) : 0;
    }
  }

  std::vector<ScoredItem> recall(const ChannelRequest& request) const override {
    const std::vector<int32_t> history = known_history(dataset_, request.who).items;
    boost::unordered_flat_map<int32_t, float> scores;
    for (const auto& [weight, value] : profile(history)) {
      for (int32_t row : items_[value]) scores[row] += weight * weights_[value] * scale_[row];
    }
    std::vector<ScoredRow> rows;
    rows.reserve(scores.size());
    for (const auto& [row, score] : scores) rows.push_back({row, score});
    return best_rows(dataset_, std::move(rows), RowFilter(dataset_, request.filter, history), request.count);
  }

 private:
  void add_column(const FeatureColumn& column) {
    if (column.spec.kind == FeatureKind::kDense) return;
    std::vector<int32_t> number(column.spec.rows, -1);  // of the column's codes among all values
    for (int32_t row = kFirstIndex; row < dataset_.item_rows(); ++row) {
      const bool is_sparse = column.spec.kind == FeatureKind::kSparse;
      const auto codes = is_sparse ? column.codes.subspan(row, 1) : column.codes.subspan(column.offsets[row], column.offsets[row + 1] - column.offsets[row]);
      for (int32_t code : codes) {
        if (code < kFirstIndex) continue;
        if (number[code] < 0) number[code] = static_cast<int32_t>(items_.size()), items_.emplace_back();
        std::vector<int32_t>& items = items_[number[code]];
        if (!items.empty() && items.back() == row) continue;  // a value twice in one list
        items.push_back(row);
        values_[row].push_back(number[code]);
      }
    }
  }

  std::vector<std::pair<float, int32_t>> profile(std::span<const int32_t> history) const {
    std::map<int32_t, float> sums;
    boost::unordered_flat_set<int32_t> met;
    for (size_t i = history.size(); i-- > 0 && met.size() < kHistory;) {
      if (!met.insert(history[i]).second) continue;
      const auto weight = static_cast<float>(std::pow(static_cast<double>(met.size()), -kRecency)) * scale_[history[i]];
      for (int32_t value : values_[history[i]]) sums[value] += weight * weights_[value];
    }
    std::vector<std::pair<float, int32_t>> heaviest;
    for (const auto& [value, weight] : sums) heaviest.emplace_back(weight, value);
    const auto kept = heaviest.begin() + static_cast<int64_t>(std::min(kProfileValues, heaviest.size()));
    std::partial_sort(heaviest.begin(), kept, heaviest.end(), std::greater<>());
    return {heaviest.begin(), kept};
  }

  const Dataset& dataset_;
  std::vector<std::vector<int32_t>> values_;  // [item_rows] of each item
  std::vector<std::vector<int32_t>> items_;   // of each value, rows ascending
  std::vector<float> weights_;                // of each value
  std::vector<float> scale_;                  // [item_rows] 1 / length
};

}  // namespace

std::unique_ptr<Channel> make_content_channel(const ChannelData& data) { return std::make_unique<ContentChannel>(data); }

}  // namespace rechub
