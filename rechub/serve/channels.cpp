#include "rechub/serve/channel.h"

namespace rechub {

std::unique_ptr<Channel> make_popularity_channel(const ChannelData& data);
std::unique_ptr<Channel> make_item_knn_channel(const ChannelData& data);
std::unique_ptr<Channel> make_content_channel(const ChannelData& data);

namespace {

constexpr ChannelEntry kChannels[] = {
    // name, what it brings, how it is made
    {"popularity", "the most frequent items", make_popularity_channel},
    {"item_knn", "items that users of the history's items also have", make_item_knn_channel},
    {"content", "items whose features are like those of the history's items", make_content_channel},
};

}  // namespace

std::span<const ChannelEntry> channel_entries() { return kChannels; }

}  // namespace rechub
