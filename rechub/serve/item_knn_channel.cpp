#include "rechub/eval/item_knn.h"
#include "rechub/serve/row_filter.h"

namespace rechub {
namespace {

ItemKnn fitted(const ChannelData& data) {
  const Dataset& dataset = data.dataset;
  ItemKnnOptions options;
  options.own_neighbour = dataset.has_repeats();
  return {dataset.items(), dataset.user_begin(), data.train_end, item_counts(data), options};
}

class ItemKnnChannel : public Channel {
 public:
  explicit ItemKnnChannel(const ChannelData& data) : dataset_(data.dataset), item_knn_(fitted(data)) {}

  std::vector<ScoredItem> recall(const ChannelRequest& request) const override {
    const std::vector<int32_t> history = known_history(dataset_, request.who).items;
    std::vector<ScoredRow> rows;
    for (const ItemKnn::Neighbour& found : item_knn_.related(history)) rows.push_back({found.item, found.similarity});
    return best_rows(dataset_, std::move(rows), RowFilter(dataset_, request.filter, history), request.count);
  }

 private:
  const Dataset& dataset_;
  ItemKnn item_knn_;
};

}  // namespace

std::unique_ptr<Channel> make_item_knn_channel(const ChannelData& data) { return std::make_unique<ItemKnnChannel>(data); }

}  // namespace rechub
