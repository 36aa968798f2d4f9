#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rechub/serve/background_task.h"
#include "rechub/serve/live_items.h"
#include "rechub/serve/write_ahead_log.h"

namespace rechub {

// Live items whose changes are kept on the disk, from one model to the next. An acknowledged change is in every later search and survives kills, power cuts and swaps of the model.
//
// A vector means something in its model's space alone. So a change is kept with the name of its space and with its source, the features it was made of, and when another model is
// adopted, the item's vector is made anew from the source. A bare vector of another space is left out until a model of its space is back. A removal holds in all spaces.
// Thread-safe.
class ItemStore {
 public:
  // Opens the log at `path` or makes a new one. Throws what WriteAheadLog throws.
  explicit ItemStore(const std::string& path);
  ~ItemStore();

  // A model whose items are to be put in use: its base, with all changes kept so far. `encode` makes a vector of a source; it may be empty, and where it throws an Error the change
  // is left out with a warning.
  struct Model {
    std::string space;  // the name of its vectors' space: the checksum of the bundle's weights, say
    LiveBase base;      // of LiveItems
    int64_t dim = 0;
    LiveItemsOptions options = {};
    std::function<std::vector<float>(const std::string& source)> encode = {};
  };
  struct Adoption {
    int64_t num_applied = 0, num_encoded = 0, num_left_out = 0;  // changes: in use, those of them made anew, of other spaces
  };

  // The two steps of it. `prepare` does nearly all of the work and changes nothing: the old items stay in use, and changes go on. `catch_up` carries into the prepared items what
  // came since, and changes nothing else. `commit` does so once more and puts them in use. Where a catch-up throws, which also happens where `encode` throws something else than an
  // Error, the old items stay in use. Right after a catch-up without changes in between, commit has nothing to make that could fail: who holds changes off meanwhile can let
  // several stores go over together, and put their models before the requests as one.
  struct Prepared;
  Prepared prepare(Model model) const;
  void catch_up(Prepared& prepared) const;
  Adoption commit(Prepared prepared);
  Adoption adopt(Model model);  // both steps, for one store on its own

  // Visible and durable when they return. put returns false, with nothing changed, where another space is in use by now: the vector has to be made by the new model. Throws what
  // LiveItems::put throws, kUsage before the first model, kInternal where the disk fails: such a change is not acknowledged, though searches may see it until the next start.
  //
  // `before` is called once the change is in the log, right before searches see it, and not where it is refused. What others keep of the items changes there: in the order of the
  // changes, and no later than they are seen. It must be short and not throw, and not call the store.
  using Before = std::function<void()>;
  bool put(std::string_view space, std::string_view id, std::span<const float> vector, std::string_view source, const Before& before = {});
  bool remove(std::string_view id, const Before& before = {});  // false where the item is neither live nor left out

  // What put would return or throw now, but for the disk.
  bool accepts(std::string_view space, std::string_view id, std::span<const float> vector) const;

  // What the changes later than number `after` were made of, by item: "" where one was removed or put as a vector. Sets `after` to the number of the last one; 0 asks for all.
  std::vector<std::pair<std::string, std::string>> sources(uint64_t& after) const;

  std::shared_ptr<LiveItems> items() const;  // in use now; null before the first model
  int64_t num_changes() const;               // kept: items put or removed; waits for nobody
  void wait_idle();                          // until no compaction runs, for tests

 private:
  struct Change {
    std::vector<float> vector;  // empty: removed
    std::string space, source;
    uint64_t sequence = 0;
  };
  using Changes = std::unordered_map<std::string, Change>;
  static std::string payload_of(const std::string& id, const Change& change);
  static int64_t payload_bytes(const std::string& id, const Change& change);  // the size of that
  void replay(const LogRecord& record);
  void keep(const std::string& id, Change change);
  bool accepts(std::string_view space, const LiveChange& change) const;
  uint64_t make(const std::string& id, Change change, const Before& before);
  std::vector<std::pair<std::string, Change>> changes_since(uint64_t sequence) const;
  void compact();

  mutable std::mutex mutex_;  // of what follows; held while a change is written to the log and takes effect
  std::shared_ptr<LiveItems> items_;
  std::string space_;
  Changes changes_;
  std::atomic<int64_t> num_changes_{0};  // size of changes_
  int64_t kept_bytes_ = 0;               // of the changes as the log writes them
  std::unique_ptr<WriteAheadLog> log_;
  std::unique_ptr<BackgroundTask> compaction_;
};

struct ItemStore::Prepared {
  Model model;
  std::shared_ptr<LiveItems> items;
  Adoption adoption;
  Changes encoded;        // vectors made anew
  uint64_t sequence = 0;  // of the last change that is in the items

  void carry(std::vector<std::pair<std::string, Change>> changes);
};

}  // namespace rechub
