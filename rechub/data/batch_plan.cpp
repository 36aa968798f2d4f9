#include "rechub/data/batch_plan.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/random.h"

namespace rechub {

ShuffledWindows::ShuffledWindows(std::vector<Window> windows, int64_t batch_size, uint64_t seed) : windows_(std::move(windows)), batch_size_(batch_size), seed_(seed) {}

int64_t ShuffledWindows::num_batches() const { return (static_cast<int64_t>(windows_.size()) + batch_size_ - 1) / batch_size_; }

int64_t ShuffledWindows::num_targets() const {
  int64_t targets = 0;
  for (const Window& window : windows_) targets += window.target_end - window.target_begin;
  return targets;
}

void ShuffledWindows::start_epoch(int64_t epoch) { order_ = epoch_order(static_cast<int64_t>(windows_.size()), seed_, epoch); }

std::vector<Window> ShuffledWindows::batch(int64_t number) const {
  const int64_t begin = number * batch_size_, end = std::min<int64_t>(begin + batch_size_, static_cast<int64_t>(windows_.size()));
  std::vector<Window> chosen;
  for (int64_t i = begin; i < end; ++i) chosen.push_back(windows_[order_[i]]);
  return chosen;
}

SessionParallel::SessionParallel(const Dataset& dataset, const Split& split, int64_t num_lanes) : lanes_(num_lanes) {
  std::vector<Session> sessions;
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    const int64_t begin = dataset.user_begin()[user], end = split.train_end[user];
    if (end - begin >= 2) sessions.push_back({0, user, begin, end});
  }
  const std::span<const int64_t> times = dataset.times();
  if (!times.empty()) {
    std::stable_sort(sessions.begin(), sessions.end(), [&](const Session& a, const Session& b) { return times[a.begin] < times[b.begin]; });
  }
  using Free = std::pair<int64_t, int64_t>;  // the batch from which a lane is free, the lane
  std::priority_queue<Free, std::vector<Free>, std::greater<Free>> free;
  for (int64_t lane = 0; lane < num_lanes; ++lane) free.emplace(0, lane);
  for (Session& session : sessions) {
    const auto [start, lane] = free.top();
    free.pop();
    session.start = start;
    const int64_t targets = session.end - session.begin - 1;
    lanes_[lane].push_back(session);
    free.emplace(start + targets, lane);
    num_targets_ += targets;
    num_batches_ = std::max(num_batches_, start + targets);
  }
}

std::vector<Window> SessionParallel::batch(int64_t number) const {
  std::vector<Window> windows;
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    const auto next = std::upper_bound(lanes_[lane].begin(), lanes_[lane].end(), number, [](int64_t at, const Session& session) { return at < session.start; });
    if (next == lanes_[lane].begin()) continue;
    const Session& session = *(next - 1);
    const int64_t event = session.begin + number - session.start;
    if (event + 1 < session.end) {
      windows.push_back({.user = session.user, .begin = event, .end = event + 1, .target_begin = event + 1, .target_end = event + 2, .lane = static_cast<int32_t>(lane)});
    }
  }
  return windows;
}

std::vector<int64_t> epoch_order(int64_t count, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  Random random(mix({seed, static_cast<uint64_t>(epoch), 0x6f72646572ULL}));
  for (int64_t i = count - 1; i > 0; --i) std::swap(order[i], order[static_cast<int64_t>(random.below(i + 1))]);
  return order;
}

}  // namespace rechub
