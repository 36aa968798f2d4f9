#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rechub/data/encoder.h"

namespace rechub {

// An item of some bundle's catalogue. Channels speak in raw ids to the service, as bundles need not share one catalogue.
struct ScoredItem {
  std::string item;
  float score = 0;
};

// Which items may come, in raw ids. Ids that a catalogue does not have do nothing there.
struct ItemFilter {
  bool has_allow = false;
  std::vector<std::string> allow = {};  // where has_allow: only these
  std::vector<std::string> deny = {};
  bool exclude_seen = false;  // the items of the history stay out
};

struct ChannelRequest {
  const UserRequest& who;
  const ItemFilter& filter;
  int64_t count = 0;         // best items wanted
  bool by_interest = false;  // the best `count` of each of a user's interests on its own, so that every interest has its say
};

// One way to bring candidates. Const calls may run at the same time.
class Channel {
 public:
  virtual ~Channel() = default;
  // Best first, no item twice; fewer than asked for where there are no more, none where the channel knows nothing of who asks.
  virtual std::vector<ScoredItem> recall(const ChannelRequest& request) const = 0;
};

// Training events of user u are [user_begin[u], train_end[u]): what a channel may learn from.
struct ChannelData {
  const Dataset& dataset;
  std::vector<int64_t> train_end;
};

// A row of the table of channels without a model (channels.cpp). The data set must outlive the channel.
struct ChannelEntry {
  const char* name;
  const char* description;
  std::unique_ptr<Channel> (*make)(const ChannelData& data);
};
std::span<const ChannelEntry> channel_entries();

}  // namespace rechub
