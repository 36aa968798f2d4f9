#include "rechub/serve/channel.h"

namespace rechub {

std::unique_ptr<Channel> make_popularity_channel(const ChannelData& data);
std::unique_ptr<Channel> make_item_knn_channel(const ChannelData& data);
std::unique_ptr<Channel> make_content_channel(const ChannelData& data);

namespace {

constexpr ChannelEntry kChannels[] = {
    // name, what it brings, how it is made, whether by items' features
    {"popularity", "the most frequent items", make_popularity_channel},
    {"item_knn", "items that users of the history's items also have", make_item_knn_channel},
    {"content", "items whose features are like those of the history's items", make_content_channel, true},
};

}  // namespace

std::vector<int64_t> item_counts(const ChannelData& data) {
  std::vector<int64_t> counts(data.dataset.item_rows());
  for (int32_t user = 0; user < data.dataset.user_rows(); ++user) {
    for (int64_t event = data.dataset.user_begin()[user]; event < data.train_end[user]; ++event) ++counts[data.dataset.items()[event]];
  }
  return counts;
}

std::span<const ChannelEntry> channel_entries() { return kChannels; }

}  // namespace rechub
