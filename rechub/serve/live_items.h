#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rechub/index/index.h"
#include "rechub/serve/background_task.h"
#include "rechub/serve/live_delta.h"
#include "rechub/serve/live_snapshot.h"

namespace rechub {

struct LiveItemsOptions {
  std::string spec = "Flat";  // of indexes that are rebuilt
  IndexOptions index = {};
  double rebuild_share = 0.1;       // a rebuild starts when this share of the base has been put or removed since it was built,
  int64_t smallest_rebuild = 1000;  // and no less than this many
  int64_t rebuild_threads = 1;      // 0: all; the others go on serving
  int64_t max_items = 100'000'000;  // live at a time
};

// One change of the items: a vector, or none where the item is removed. Vectors of one space alone can be compared; that is the caller's affair.
struct LiveChange {
  std::string id;
  std::vector<float> vector = {};  // [dim]; empty: remove it
};

// Items that can be put and removed while they are searched. A search takes the snapshot of its time: a change is in every snapshot taken after the call that made it returned, and
// in none is an item twice or half changed. Behind it lie an immutable index, a small delta that is searched exactly, and marks of what was replaced or removed; when these have
// grown, a thread of its own builds the index anew and puts it in place without losing what came meanwhile.
//
// Thread-safe. Taking a snapshot costs the copy of a pointer. A change costs a copy of the marks: one byte an item of the base and of the delta; many at once cost it once. A
// search costs one of the index and dim multiplications an entry of the delta.
class LiveItems {
 public:
  // `base.index` may be null: then it is built here, from base.vectors ([size of ids, dim]) and the options. Throws kShape where sizes do not fit together.
  LiveItems(LiveBase base, int64_t dim, const LiveItemsOptions& options = {});
  ~LiveItems();  // waits for a rebuild to end

  std::shared_ptr<const LiveSnapshot> snapshot() const;
  uint64_t version() const { return snapshot()->version(); }

  // Throws kShape for a vector of another size, kData for one that is not finite or longer than 1e15, kUsage for an empty id and beyond max_items.
  void put(std::string_view id, std::span<const float> vector);
  bool remove(std::string_view id);  // false where it is not live

  // Many changes in order, visible all at once. Throws as put, before anything is changed.
  void apply(std::span<const LiveChange> changes);

  // Its two steps, for who has to do something between them: the second trusts that the first was taken, of each change on its own at least, and looks at max_items alone.
  void validate(std::span<const LiveChange> changes) const;
  void apply_valid(std::span<const LiveChange> changes);

  int64_t num_rebuilds() const;
  void wait_idle();  // until no rebuild is wanted or running

 private:
  void check_room(std::span<const LiveChange> changes) const;
  LiveState changed(LiveState state, std::span<const LiveChange> changes);
  void publish(LiveState state);
  bool wants_rebuild(const LiveState& state) const;
  void rebuild();

  const LiveItemsOptions options_;
  std::mutex write_mutex_;            // one change or exchange at a time
  std::unique_ptr<LiveDelta> delta_;  // of the newest state
  mutable std::mutex mutex_;          // of what follows; held to copy a pointer
  std::shared_ptr<const LiveSnapshot> current_;
  int64_t num_rebuilds_ = 0;
  std::unique_ptr<BackgroundTask> rebuilding_;
};

}  // namespace rechub
