#include "rechub/data/event_stream.h"

#include <algorithm>

namespace rechub {
namespace {

// Sets counts below `least` to 0; true if any event is lost by it.
bool drop_rare(std::vector<int32_t>& counts, int64_t least) {
  bool is_changed = false;
  for (int32_t& count : counts) {
    if (count == 0 || count >= least) continue;
    count = 0;
    is_changed = true;
  }
  return is_changed;
}

}  // namespace

EventCounts count_events(EventStream& events, int32_t item_rows, int64_t min_owner_events, int64_t min_item_events) {
  EventCounts counts;
  counts.item.resize(static_cast<size_t>(item_rows));
  events.scan([&](int32_t owner, const EventRecord& record) {
    if (static_cast<size_t>(owner) >= counts.owner.size()) counts.owner.resize(static_cast<size_t>(owner) + 1);
    ++counts.owner[static_cast<size_t>(owner)];
    ++counts.item[static_cast<size_t>(record.item())];
    ++counts.num_seen;
  });
  counts.owner.resize(std::max<size_t>(counts.owner.size(), kFirstIndex));
  counts.num_events = counts.num_seen;
  // Both sides are dropped at once: the k-core is the same in whatever order it is peeled.
  while (true) {
    const bool owners_changed = drop_rare(counts.owner, min_owner_events), items_changed = drop_rare(counts.item, min_item_events);
    if (!owners_changed && !items_changed) return counts;
    EventCounts left;
    left.owner.resize(counts.owner.size());
    left.item.resize(counts.item.size());
    left.num_seen = counts.num_seen;
    events.scan([&](int32_t owner, const EventRecord& record) {
      if (!counts.keeps(owner, record.item())) return;
      ++left.owner[static_cast<size_t>(owner)];
      ++left.item[static_cast<size_t>(record.item())];
      ++left.num_events;
    });
    counts = std::move(left);
  }
}

}  // namespace rechub
