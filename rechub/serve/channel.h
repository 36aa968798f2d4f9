#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rechub/data/encoder.h"
#include "rechub/serve/scored_item.h"

namespace rechub {

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

  // An item that is live with other features than those of the data, or is new; null: it is as the data say, or not there at all. What is returned puts them in use, once, and
  // refuses nothing: all that can be wrong with the features is found before, and thrown as given_item_features does (data/given_values.h). Both are thread-safe, also with recall;
  // what is not live is left out by who asks. Channels that know items by what users did have nothing to learn here, and return nothing to call.
  virtual std::function<void()> change(const std::string& /*item*/, const nlohmann::json& /*features*/) { return {}; }
};

// Training events of user u are [user_begin[u], train_end[u]): what a channel may learn from.
struct ChannelData {
  const Dataset& dataset;
  std::vector<int64_t> train_end;
};

std::vector<int64_t> item_counts(const ChannelData& data);  // [item_rows] of those events

// A row of the table of channels without a model (channels.cpp). The data set must outlive the channel.
struct ChannelEntry {
  const char* name;
  const char* description;
  std::unique_ptr<Channel> (*make)(const ChannelData& data);
  bool is_by_features = false;  // knows items by their features, so its data set is one that has some
};
std::span<const ChannelEntry> channel_entries();

}  // namespace rechub
