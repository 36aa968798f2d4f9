#include <algorithm>
#include <numeric>

#include "rechub/serve/row_filter.h"

namespace rechub {
namespace {

class PopularityChannel : public Channel {
 public:
  explicit PopularityChannel(const ChannelData& data) : dataset_(data.dataset), counts_(item_counts(data)), order_(dataset_.num_items()) {
    std::iota(order_.begin(), order_.end(), kFirstIndex);
    std::stable_sort(order_.begin(), order_.end(), [this](int32_t a, int32_t b) { return counts_[a] > counts_[b]; });
  }

  std::vector<ScoredItem> recall(const ChannelRequest& request) const override {
    const RowFilter filter(dataset_, request.filter, known_history(dataset_, request.who).items);
    std::vector<ScoredItem> items;
    for (size_t i = 0; i < order_.size() && static_cast<int64_t>(items.size()) < request.count; ++i) {
      if (filter.permits(order_[i])) items.push_back({dataset_.item_ids().text(order_[i]), static_cast<float>(counts_[order_[i]])});
    }
    return items;
  }

 private:
  const Dataset& dataset_;
  std::vector<int64_t> counts_;  // [item_rows]
  std::vector<int32_t> order_;   // rows, the most frequent first
};

}  // namespace

std::unique_ptr<Channel> make_popularity_channel(const ChannelData& data) { return std::make_unique<PopularityChannel>(data); }

}  // namespace rechub
