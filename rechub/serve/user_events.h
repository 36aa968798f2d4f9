#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rechub/data/encoder.h"
#include "rechub/serve/background_task.h"
#include "rechub/serve/write_ahead_log.h"

namespace rechub {

struct UserEventLimits {
  int64_t events_per_user = 200;    // the newest are kept
  int64_t max_bytes = 256ll << 20;  // of memory; beyond it the users go whose last event came longest ago
};

// What users did since the bundles' data ended. An event counts in every read that starts after append() returned, and is on the disk by then (write_ahead_log.h), so it is there
// again after a restart, within the limits. Thread-safe; reads wait for no disk.
class UserEvents {
 public:
  // Opens the log at `path` or makes a new one. Throws what WriteAheadLog throws.
  explicit UserEvents(const std::string& path, const UserEventLimits& limits = {});
  ~UserEvents();

  // Adds to users' histories, in order of time, later calls behind earlier ones of the same time. All of it is kept or none, for one flush of the disk; readers may see one user's
  // events before another's. Throws kUsage for more than events_per_user events of a user at once, kInternal where the disk fails.
  using ByUser = std::map<std::string, std::vector<UserEvent>>;
  void append(const ByUser& events);

  // A number that differs before and after every change of the user's history; 0 where there is none. Of this process only.
  uint64_t version(std::string_view user) const;

  std::vector<UserEvent> of(std::string_view user) const;  // in order of time

  int64_t num_users() const;
  int64_t bytes() const;          // of memory, as the limit counts them
  int64_t num_forgotten() const;  // users that max_bytes cost their events, since the start
  void wait_idle();               // until no compaction runs, for tests

 private:
  using Events = std::vector<UserEvent>;
  struct User {
    std::shared_ptr<const Events> events;  // in order of time
    uint64_t version = 0;
    std::list<std::string>::iterator place;
  };
  void replay(const LogRecord& record);
  void set_events(const std::string& user, Events events, uint64_t version);
  void forget_oldest();
  std::shared_ptr<const Events> events_of(std::string_view user) const;
  void compact();

  const UserEventLimits limits_;
  std::mutex write_mutex_;           // orders changes: held while one is written to the log and takes effect
  mutable std::shared_mutex mutex_;  // of what follows, held for moments only
  std::unordered_map<std::string, User> users_;
  std::list<std::string> order_;  // the user whose last event came longest ago first
  int64_t bytes_ = 0, num_forgotten_ = 0;
  std::unique_ptr<WriteAheadLog> log_;
  std::unique_ptr<BackgroundTask> compaction_;
};

}  // namespace rechub
