#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/data/given_values.h"
#include "rechub/serve/row_filter.h"

namespace rechub {
namespace {

constexpr size_t kHistory = 50;         // newest distinct items that count
constexpr size_t kProfileValues = 256;  // values a profile keeps, the heaviest
constexpr double kRecency = 0.5;        // the r-th newest item weighs r to the minus this

// Items as lists of feature values. A value weighs log(1 + N / items that have it); an item's vector has length 1; the history's profile is the sum of its items' vectors, the
// newest heaviest; the score is the dot product of profile and item. Numbers do not count. Of items put live the features count, but not yet in histories.
class ContentChannel : public Channel {
 public:
  explicit ContentChannel(const ChannelData& data) : dataset_(data.dataset), values_(dataset_.item_rows()), scale_(dataset_.item_rows()), is_replaced_(dataset_.item_rows()) {
    for (const FeatureColumn& column : dataset_.item_features()) add_column(column);
    check(!items_.empty(), ErrorKind::kUsage, "the channel 'content' needs item features of values (numbers alone do not count), and this data set has none");
    const auto num_items = static_cast<double>(dataset_.num_items());
    for (const std::vector<int32_t>& items : items_) weights_.push_back(static_cast<float>(std::log(1 + num_items / static_cast<double>(items.size()))));
    for (int32_t row = kFirstIndex; row < dataset_.item_rows(); ++row) scale_[row] = scale_of(values_[row]);
    live_by_value_.resize(items_.size());
  }

  std::function<void()> change(const std::string& item, const nlohmann::json& features) override {
    if (features.is_null()) {
      return [this, item] {
        std::unique_lock lock(live_mutex_);
        drop_live(item);
      };
    }
    const BatchColumns given = given_item_features(dataset_, features, "the item");
    Live live{item, dataset_.item_ids().find(item), {}, 0};
    for (size_t column = 0; column < given.size(); ++column) {
      if (given[column].kind == FeatureKind::kDense) continue;
      for (int64_t code : given[column].codes) {
        const int32_t value = code < kFirstIndex ? -1 : numbers_[column][code];
        if (value >= 0) live.values.push_back(value);  // a value that no item of the data has likens it to none
      }
    }
    std::sort(live.values.begin(), live.values.end());
    live.values.erase(std::unique(live.values.begin(), live.values.end()), live.values.end());
    live.scale = scale_of(live.values);
    return [this, live = std::move(live)]() mutable {
      std::unique_lock lock(live_mutex_);
      drop_live(live.item);
      add_live(std::move(live));
    };
  }

  std::vector<ScoredItem> recall(const ChannelRequest& request) const override {
    const std::vector<int32_t> history = known_history(dataset_, request.who).items;
    const std::vector<std::pair<float, int32_t>> liked = profile(history);
    // A value may stand at half of the catalogue: sums in place, without hashing, and nothing but what was met is looked at and cleared.
    static thread_local std::vector<float> sums;
    if (sums.size() < values_.size()) sums.resize(values_.size());
    std::vector<ScoredRow> rows;
    for (const auto& [weight, value] : liked) {
      for (int32_t row : items_[value]) {
        if (sums[row] == 0) rows.push_back({row, 0});
        sums[row] += weight * weights_[value] * scale_[row];
      }
    }
    for (ScoredRow& row : rows) row.score = std::exchange(sums[row.row], 0.0f);
    std::shared_lock lock(live_mutex_);
    const RowFilter filter(dataset_, request.filter, history);
    if (places_.empty()) return best_rows(dataset_, std::move(rows), filter, request.count);
    std::erase_if(rows, [&](const ScoredRow& row) { return is_replaced_[row.row] != 0; });
    return merge_best(best_rows(dataset_, std::move(rows), filter, request.count), best_live(liked, request), request.count);
  }

 private:
  struct Live {
    std::string item;
    int32_t row = kUnknownIndex;  // in the data
    std::vector<int32_t> values;
    float scale = 0;
  };

  int32_t free_place() {
    if (free_places_.empty()) {
      live_.emplace_back();
      return static_cast<int32_t>(live_.size()) - 1;
    }
    const int32_t place = free_places_.back();
    free_places_.pop_back();
    return place;
  }

  void add_live(Live live) {
    const int32_t place = free_place();
    if (live.row != kUnknownIndex) is_replaced_[live.row] = 1;
    for (int32_t value : live.values) live_by_value_[value].push_back(place);
    places_[live.item] = place;
    live_[place] = std::move(live);
  }

  void drop_live(const std::string& item) {
    const auto found = places_.find(item);
    if (found == places_.end()) return;
    const int32_t place = found->second;
    if (live_[place].row != kUnknownIndex) is_replaced_[live_[place].row] = 0;
    for (int32_t value : live_[place].values) std::erase(live_by_value_[value], place);
    live_[place] = {};
    free_places_.push_back(place);
    places_.erase(found);
  }

  float scale_of(std::span<const int32_t> values) const {
    double squares = 0;
    for (int32_t value : values) squares += static_cast<double>(weights_[value]) * weights_[value];
    return squares > 0 ? static_cast<float>(1 / std::sqrt(squares)) : 0;
  }

  // As the items of the data are scored; equal scores in order of id.
  std::vector<ScoredItem> best_live(const std::vector<std::pair<float, int32_t>>& liked, const ChannelRequest& request) const {
    const ItemFilter& filter = request.filter;
    const std::vector<std::string> denied = denied_ids(dataset_, filter, request.who);
    const boost::unordered_flat_set<std::string_view> allow(filter.allow.begin(), filter.allow.end()), deny(denied.begin(), denied.end());
    static thread_local std::vector<float> sums;
    if (sums.size() < live_.size()) sums.resize(live_.size());
    std::vector<int32_t> met;
    for (const auto& [weight, value] : liked) {
      for (int32_t place : live_by_value_[value]) {
        if (sums[place] == 0) met.push_back(place);
        sums[place] += weight * weights_[value] * live_[place].scale;
      }
    }
    std::vector<std::pair<float, const std::string*>> scored;
    for (int32_t place : met) {
      const std::string& item = live_[place].item;
      const float score = std::exchange(sums[place], 0.0f);
      if (!deny.contains(item) && (!filter.has_allow || allow.contains(item))) scored.emplace_back(score, &item);
    }
    const auto kept = scored.begin() + std::min<int64_t>(request.count, static_cast<int64_t>(scored.size()));
    std::partial_sort(scored.begin(), kept, scored.end(), [](const auto& a, const auto& b) { return a.first > b.first || (a.first == b.first && *a.second < *b.second); });
    std::vector<ScoredItem> items;
    for (auto best = scored.begin(); best != kept; ++best) items.push_back({*best->second, best->first});
    return items;
  }

  void add_column(const FeatureColumn& column) {
    std::vector<int32_t>& number = numbers_.emplace_back();
    if (column.spec.kind == FeatureKind::kDense) return;
    number.assign(column.spec.rows, -1);
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
  std::vector<std::vector<int32_t>> values_;   // [item_rows] of each item
  std::vector<std::vector<int32_t>> items_;    // of each value, rows ascending
  std::vector<float> weights_;                 // of each value
  std::vector<float> scale_;                   // [item_rows] 1 / length
  std::vector<std::vector<int32_t>> numbers_;  // of each column's codes: their values' places among all, -1 where no item has them

  mutable std::shared_mutex live_mutex_;  // of what follows
  std::vector<Live> live_;                // by place; of free ones empty
  std::vector<int32_t> free_places_;
  boost::unordered_flat_map<std::string, int32_t> places_;  // of each live item
  std::vector<std::vector<int32_t>> live_by_value_;         // places of live items that have the value
  std::vector<uint8_t> is_replaced_;                        // [item_rows] 1 where a live item stands for it
};

}  // namespace

std::unique_ptr<Channel> make_content_channel(const ChannelData& data) { return std::make_unique<ContentChannel>(data); }

}  // namespace rechub
