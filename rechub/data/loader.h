#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "rechub/data/batch_plan.h"

namespace rechub {

// Where a run of batches is: all that a checkpoint needs of the loader.
struct LoaderPosition {
  int64_t epoch = 0;
  int64_t batch = 0;  // next batch of the epoch
};

// Serves the batches that a plan makes up, an epoch at a time, in order. Batch b of epoch e is a pure function of (plan, seed, e, b): `num_workers` threads only run ahead (at most
// `prefetch` batches each), so any number of them gives the same batches; 0 makes each batch when it is asked for. Used from one thread.
template <class Batch>
class Loader {
 public:
  // make(windows of the batch, seed of the batch) runs on the worker threads at the same time; it must be thread-safe.
  using Make = std::function<Batch(std::span<const Window> windows, uint64_t seed)>;
  Loader(std::unique_ptr<BatchPlan> plan, uint64_t seed, int64_t num_workers, Make make);
  ~Loader();

  int64_t num_batches() const;
  void start(LoaderPosition position);  // from this batch on; stops what runs ahead
  bool next(Batch& batch);              // false at the end of the epoch; rethrows a worker's error
  LoaderPosition position() const;      // of the batch next() will return

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rechub

#include "rechub/data/loader_inline.h"
