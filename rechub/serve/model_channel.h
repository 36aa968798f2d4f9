#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rechub/serve/channel.h"
#include "rechub/serve/live_items.h"

namespace rechub {

// A bundle's model as a channel: users are encoded and searched for in an index over its item vectors. Each call sees the items as they are when it begins.
class ModelChannel : public Channel {
 public:
  ModelChannel(std::unique_ptr<Encoder> encoder, const LiveItemsOptions& options);

  const Encoder& encoder() const { return *encoder_; }
  bool has_history_of(const UserRequest& who) const;  // or features of who asks: something to go by
  std::vector<ScoredItem> recall(const ChannelRequest& request) const override;

  // The exact score of each item for who asks; nothing where the catalogue does not have it.
  std::vector<std::optional<float>> score(const UserRequest& who, const std::vector<std::string>& items) const;

  // The items most alike, by the dot product of item vectors, the item itself left out. Throws kNotFound for an item that is not there.
  std::vector<ScoredItem> similar(const std::string& item, const ItemFilter& filter, int64_t count) const;

  // The items that are searched. They are the bundle's own, until items that can be changed are put in their place: once, before the first request, as requests read them without a
  // lock.
  LiveBase base() const;
  const LiveItemsOptions& live_options() const { return options_; }
  void use(std::shared_ptr<LiveItems> items) { items_ = std::move(items); }
  std::shared_ptr<const LiveSnapshot> snapshot() const { return items_->snapshot(); }

 private:
  std::shared_ptr<const Encoder> encoder_;
  LiveItemsOptions options_;
  std::shared_ptr<const Index> index_;
  std::shared_ptr<LiveItems> items_;
};

}  // namespace rechub
