#pragma once

#include <cstdint>
#include <vector>

#include "rechub/data/batch.h"

namespace rechub {

// Which windows make up the batches of an epoch. A batch is a pure function of (epoch, number); batch() is called by several threads at a time, start_epoch() by none meanwhile.
class BatchPlan {
 public:
  virtual ~BatchPlan() = default;
  virtual int64_t num_batches() const = 0;  // of an epoch
  virtual int64_t num_targets() const = 0;
  virtual void start_epoch(int64_t epoch) = 0;
  virtual std::vector<Window> batch(int64_t number) const = 0;
};

// Windows in an order shuffled by (seed, epoch), `batch_size` at a time.
class ShuffledWindows : public BatchPlan {
 public:
  ShuffledWindows(std::vector<Window> windows, int64_t batch_size, uint64_t seed);
  int64_t num_batches() const override;
  int64_t num_targets() const override;
  void start_epoch(int64_t epoch) override;
  std::vector<Window> batch(int64_t number) const override;

 private:
  std::vector<Window> windows_;
  int64_t batch_size_;
  uint64_t seed_;
  std::vector<int64_t> order_;
};

// Session-parallel batches (Hidasi et al., ICLR 2016, section 3.1.1): `num_lanes` sessions run side by side, a batch taking the next event of each with the event behind it as its
// target. A lane whose session is over takes the next one in line, the lowest lane first. A session is a user's training events, however many; sessions stand in the order of their
// first event's time (of users, where the data has no times), the same in every epoch, and their order is not shuffled. When no session is left, the last ones run out on fewer
// lanes: every event behind another is a target once. A batch's windows hold one event and one target each, ordered by Window::lane; a window that begins its session tells that
// the lane's state starts anew.
class SessionParallel : public BatchPlan {
 public:
  SessionParallel(const Dataset& dataset, const Split& split, int64_t num_lanes);
  int64_t num_batches() const override { return num_batches_; }
  int64_t num_targets() const override { return num_targets_; }
  void start_epoch(int64_t) override {}
  std::vector<Window> batch(int64_t number) const override;

 private:
  struct Session {
    int64_t start;  // the batch of its first event
    int32_t user;
    int64_t begin, end;  // events
  };
  std::vector<std::vector<Session>> lanes_;  // by start
  int64_t num_batches_ = 0, num_targets_ = 0;
};

// The order of windows in an epoch: a Fisher-Yates shuffle seeded by (seed, epoch).
std::vector<int64_t> epoch_order(int64_t count, uint64_t seed, int64_t epoch);

}  // namespace rechub
