#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rechub/data/vocabulary.h"
#include "rechub/index/index.h"
#include "rechub/serve/live_delta.h"
#include "rechub/serve/scored_item.h"

namespace rechub {

inline constexpr double kLongestVector = 1e15;  // of an item: the dot product of two such is far from the end of 32-bit floats

// Who is looked for. An item's score is the largest dot product (or cosine, as the index has it) with one of the vectors.
struct LiveQuery {
  std::span<const float> vectors;  // [vectors_per_query, dim]
  int64_t vectors_per_query = 1;
  int64_t k = 10;
  const std::vector<std::string>* allow = nullptr;  // where given, no other items
  std::span<const std::string> deny = {};           // ids that are not live do nothing, here as in allow
  int64_t effort = 0;                               // index.h
};

// An index, the vectors it was built from and what they are called.
struct LiveBase {
  std::shared_ptr<const Index> index;
  std::shared_ptr<const Vocabulary> ids;  // of position p: the value with index p + kFirstIndex
  std::span<const float> vectors;         // [size, dim], as they were given to the index
  std::shared_ptr<const void> owner;      // keeps `vectors`
};

// Where the current vector of an item lies.
struct LivePlace {
  int32_t position = -1;  // in the base
  int32_t entry = -1;     // in the delta
  bool is_live() const { return position >= 0 || entry >= 0; }
};

// All items as they were at one time: a base, of which some positions are hidden, and a delta of vectors put since, which is searched exactly. Nothing of it changes.
struct LiveState {
  std::shared_ptr<const LiveBase> base;
  std::shared_ptr<const std::vector<uint8_t>> visible;  // [size of the base], 0 where replaced or removed; null where nothing is
  LiveDeltaView delta;
  std::shared_ptr<const std::vector<uint8_t>> dead;  // [delta.size()], 1 where replaced or removed
  int64_t num_hidden = 0, num_dead = 0;
  uint64_t version = 0;

  LivePlace find(std::string_view id) const;
  bool is_visible(int64_t position) const { return !visible || (*visible)[position] != 0; }
  int64_t num_live() const { return base->index->size() - num_hidden + delta.size() - num_dead; }
};

// What requests work on: one state of the items. Calls may run at the same time and wait for nobody's work.
class LiveSnapshot {
 public:
  explicit LiveSnapshot(LiveState state) : state_(std::move(state)) {}

  // Exactly k items, or all that are live and permitted where these are fewer; best first. Throws what Index::search throws.
  std::vector<ScoredItem> search(const LiveQuery& query) const;

  std::optional<std::vector<float>> vector(std::string_view id) const;                    // nothing where the item is not live; normalised for cosine
  std::optional<float> score(std::string_view id, std::span<const float> vectors) const;  // the largest dot product of that vector with one of `vectors` [count, dim]
  bool contains(std::string_view id) const { return state_.find(id).is_live(); }
  int64_t size() const { return state_.num_live(); }
  int64_t dim() const { return state_.base->index->dim(); }
  uint64_t version() const { return state_.version; }  // grows with every change and every rebuild
  const LiveState& state() const { return state_; }

 private:
  std::span<const float> look(LivePlace place, std::vector<float>& made) const;  // its vector, where it is stored as it is wanted, else made

  LiveState state_;
};

}  // namespace rechub
