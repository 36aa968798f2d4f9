#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"

namespace rechub {

class Index;

struct UserEvent {
  std::string item;  // raw id
  int64_t time = 0;  // seconds since 1970
};

// Who asks, as a request from outside says it: raw ids, raw values. Empty members are not said.
struct UserRequest {
  std::string user;                                 // raw id; one that the data set does not have is a stranger
  std::optional<std::vector<std::string>> history;  // raw item ids, oldest first, in place of the user's own events
  nlohmann::json features, sequences;               // of user and context (given_values.h)
  std::vector<UserEvent> since = {};                // what the user did, in order of time: of each data set what is later than his own last event there. Not beside `history`
};

// The events of `since` that are news to the data set: later than the user's own last event in it, all of a user who has none there. Data that does not tell its times in a known
// unit has no last time, and all events are news.
std::span<const UserEvent> news(const Dataset& dataset, const UserRequest& request);

// A history in item rows, oldest first.
struct KnownHistory {
  std::vector<int32_t> items;
  int64_t num_unknown = 0;  // ids that are not in the catalogue and so do not count
};
KnownHistory known_history(const Dataset& dataset, std::span<const std::string> ids);
KnownHistory known_history(const Dataset& dataset, const UserRequest& request);  // the given history, else the user's own events and the news behind them

// A trained model as a service sees it: raw features and histories in, vectors out. What serves knows no more of a model, and nothing of LibTorch. A score is the dot product of an
// item's vector and a user's, the largest over the Q vectors of a user. Const calls may run at the same time.
class Encoder {
 public:
  virtual ~Encoder() = default;

  virtual const Dataset& dataset() const = 0;  // the catalogue with its raw ids and features, the users with their events
  virtual Split split() const = 0;             // how the model's training cut the data set
  virtual std::string space() const = 0;       // names the space of its vectors: those of one name can be compared, also from one start to the next
  virtual int64_t dim() const = 0;             // D

  virtual std::span<const float> item_vectors() const = 0;  // [num_items, D]: item row r is at r - kFirstIndex

  // Over item_vectors(), with the setting it was tuned to; null where the model carries none of that spec. Opened at each call.
  virtual std::shared_ptr<const Index> stored_index(const std::string& /*spec*/) const { return nullptr; }

  // [Q, D], the vectors `rechub recommend` searches by. Throws kUsage and kData for features that do not fit the data set, in words for who asks.
  virtual std::vector<float> encode_user(const UserRequest& request) const = 0;

  // [D]: an item that training never saw, by what its features say; features that are not given are unknown. Throws as encode_user does, and kUsage where items have no features.
  virtual std::vector<float> encode_item(const nlohmann::json& features) const = 0;
};

}  // namespace rechub
