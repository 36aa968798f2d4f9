#pragma once

// The body of Loader<Batch>: a ring of futures-like slots filled by threads in order of batch number.

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "rechub/base/random.h"
#include "rechub/data/loader.h"

namespace rechub {

template <class Batch>
struct Loader<Batch>::State {
  std::unique_ptr<BatchPlan> plan;
  uint64_t seed;
  int64_t num_workers;
  Make make;

  LoaderPosition position;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::condition_variable produced, consumed;
  int64_t next_to_make = 0;
  bool stopping = false;
  std::map<int64_t, std::pair<Batch, std::exception_ptr>> ready;

  static constexpr int64_t kPrefetch = 4;

  int64_t num_batches() const { return plan->num_batches(); }

  Batch make_batch(int64_t number) const {
    const std::vector<Window> windows = plan->batch(number);
    return make(windows, mix({seed, static_cast<uint64_t>(position.epoch), static_cast<uint64_t>(number)}));
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      consumed.wait(lock, [&] { return stopping || next_to_make >= num_batches() || next_to_make < position.batch + kPrefetch * num_workers; });
      if (stopping || next_to_make >= num_batches()) return;
      const int64_t number = next_to_make++;
      lock.unlock();
      std::pair<Batch, std::exception_ptr> result;
      try {
        result.first = make_batch(number);
      } catch (...) {
        result.second = std::current_exception();
      }
      lock.lock();
      ready.emplace(number, std::move(result));
      produced.notify_all();
    }
  }

  void stop() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    consumed.notify_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    ready.clear();
    stopping = false;
  }
};

template <class Batch>
Loader<Batch>::Loader(std::unique_ptr<BatchPlan> plan, uint64_t seed, int64_t num_workers, Make make) : state_(std::make_unique<State>()) {
  state_->plan = std::move(plan);
  state_->seed = seed;
  state_->num_workers = num_workers;
  state_->make = std::move(make);
}

template <class Batch>
Loader<Batch>::~Loader() {
  state_->stop();
}

template <class Batch>
int64_t Loader<Batch>::num_batches() const {
  return state_->num_batches();
}

template <class Batch>
LoaderPosition Loader<Batch>::position() const {
  return state_->position;
}

template <class Batch>
void Loader<Batch>::start(LoaderPosition position) {
  state_->stop();
  state_->position = position;
  state_->next_to_make = position.batch;
  state_->plan->start_epoch(position.epoch);
  for (int64_t i = 0; i < state_->num_workers; ++i) state_->threads.emplace_back([state = state_.get()] { state->work(); });
}

template <class Batch>
bool Loader<Batch>::next(Batch& batch) {
  State& state = *state_;
  if (state.position.batch >= state.num_batches()) return false;
  if (state.num_workers == 0) {
    batch = state.make_batch(state.position.batch);
    ++state.position.batch;
    return true;
  }
  std::pair<Batch, std::exception_ptr> result;
  {
    std::unique_lock lock(state.mutex);
    state.produced.wait(lock, [&] { return state.ready.count(state.position.batch) > 0; });
    auto found = state.ready.find(state.position.batch);
    result = std::move(found->second);
    state.ready.erase(found);
    ++state.position.batch;
  }
  state.consumed.notify_all();
  if (result.second) std::rethrow_exception(result.second);
  batch = std::move(result.first);
  return true;
}

}  // namespace rechub
