#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rechub/index/index.h"
#include "rechub/serve/channel.h"
#include "rechub/serve/row_filter.h"

namespace rechub {

// A bundle's model as a channel: users are encoded and searched for in an index over its item vectors.
class ModelChannel : public Channel {
 public:
  ModelChannel(std::unique_ptr<Encoder> encoder, const std::string& index);  // index: what build_index takes

  const Encoder& encoder() const { return *encoder_; }
  bool has_history_of(const UserRequest& who) const;  // or features of who asks: something to go by
  std::vector<ScoredItem> recall(const ChannelRequest& request) const override;

  // The exact score of each item for who asks; nothing where the catalogue does not have it.
  std::vector<std::optional<float>> score(const UserRequest& who, const std::vector<std::string>& items) const;

  // The items most alike, by the dot product of item vectors, the item itself left out. Throws kNotFound for an item that is not in the catalogue.
  std::vector<ScoredItem> similar(const std::string& item, const ItemFilter& filter, int64_t count) const;

 private:
  std::vector<ScoredItem> search(std::span<const float> vectors, int64_t num_queries, const RowFilter& filter, int64_t count) const;

  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Index> index_;
};

}  // namespace rechub
