#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "rechub/data/event_sorter.h"
#include "rechub/data/vocabulary.h"

namespace rechub {

// The sorted events of a log, seen as sequences: repeated events left out where asked for, each user's events cut into sessions where asked for.
class EventStream {
 public:
  // `session_gap`: a longer time since the user's previous event begins a new sequence; 0: one sequence a user.
  EventStream(EventSorter& sorter, bool deduplicate, int64_t session_gap) : sorter_(sorter), deduplicate_(deduplicate), session_gap_(session_gap) {}

  int64_t session_gap() const { return session_gap_; }

  // Calls visit(owner, record) for every event in order. The owner is the user's index or, with sessions, 2, 3, ... in order of user and time. The same in every call.
  template <class Visit>
  void scan(Visit&& visit) {
    std::vector<uint32_t> seen;  // by item: the last moment it occurred in
    uint32_t moment = 0;
    int32_t owner = kFirstIndex - 1, user = -1;
    int64_t time = 0;
    sorter_.scan([&](std::span<const uint32_t> block) {
      for (size_t at = 0; at < block.size(); at += static_cast<size_t>(sorter_.record_words())) {
        const EventRecord record{block.data() + at};
        const bool is_new_user = record.user() != user;
        if (is_new_user || record.time() != time) ++moment;
        if (deduplicate_ && !is_first(record.item(), moment, seen)) continue;
        if (session_gap_ == 0) {
          owner = record.user();
        } else if (is_new_user || record.time() - time > session_gap_) {
          ++owner;
        }
        user = record.user();
        time = record.time();
        visit(owner, record);
      }
    });
  }

 private:
  static bool is_first(int32_t item, uint32_t moment, std::vector<uint32_t>& seen) {
    if (static_cast<size_t>(item) >= seen.size()) seen.resize(static_cast<size_t>(item) * 2 + 1);
    return std::exchange(seen[static_cast<size_t>(item)], moment) != moment;
  }

  EventSorter& sorter_;
  bool deduplicate_;
  int64_t session_gap_;
};

// How many events each sequence and each item keeps; 0: it is left out. What an event belongs to must be kept on both sides for the event to be kept.
struct EventCounts {
  std::vector<int32_t> owner, item;  // by index
  int64_t num_events = 0, num_seen = 0;
  bool keeps(int32_t owner_index, int32_t item_index) const { return owner[static_cast<size_t>(owner_index)] > 0 && item[static_cast<size_t>(item_index)] > 0; }
};

// Counts the events of a stream, leaving out sequences and items with fewer events than asked for until all that are left have enough (the k-core of the log).
EventCounts count_events(EventStream& events, int32_t item_rows, int64_t min_owner_events, int64_t min_item_events);

}  // namespace rechub
