#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rechub/serve/channel.h"
#include "rechub/serve/live_items.h"

namespace rechub {

// A bundle's model as a channel: users are encoded and searched for in an index over its item vectors. Calls without items see them as they are when they begin.
class ModelChannel : public Channel {
 public:
  ModelChannel(std::unique_ptr<Encoder> encoder, const LiveItemsOptions& options);

  const Encoder& encoder() const { return *encoder_; }
  std::vector<ScoredItem> recall(const ChannelRequest& request) const override { return recall(request, *snapshot(), user_vectors(request.who)); }

  // The same by its parts, for who needs them more than once. The vectors [Q, D] are empty where there is nothing to go by, neither a history nor features of who asks.
  std::vector<float> user_vectors(const UserRequest& who) const;
  std::vector<ScoredItem> recall(const ChannelRequest& request, const LiveSnapshot& items, std::span<const float> user) const;

  // The items most alike, by the dot product of item vectors, the item itself left out. Throws kNotFound for an item that is not there.
  static std::vector<ScoredItem> similar(const LiveSnapshot& items, const std::string& item, const ItemFilter& filter, int64_t count);

  // The items that are searched. They are the bundle's own, until items that can be changed are put in their place: once, before the first request, as requests read them without a
  // lock.
  LiveBase base() const;
  const LiveItemsOptions& live_options() const { return options_; }
  void use(std::shared_ptr<LiveItems> items) { items_ = std::move(items); }
  std::shared_ptr<const LiveSnapshot> snapshot() const { return items_->snapshot(); }

 private:
  bool has_history_of(const UserRequest& who) const;

  std::shared_ptr<const Encoder> encoder_;
  LiveItemsOptions options_;
  std::shared_ptr<const Index> index_;
  std::shared_ptr<LiveItems> items_;
};

}  // namespace rechub
