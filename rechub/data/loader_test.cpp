#include "rechub/data/loader.h"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

namespace rechub {
namespace {

std::vector<Window> some_windows(int64_t count) {
  std::vector<Window> windows;
  for (int64_t i = 0; i < count; ++i) windows.push_back({static_cast<int32_t>(i), i, i + 1, i});
  return windows;
}

using Trace = std::vector<uint64_t>;  // users of a batch, then its seed

Trace trace(std::span<const Window> windows, uint64_t seed) {
  Trace out;
  for (const Window& window : windows) out.push_back(static_cast<uint64_t>(window.user));
  out.push_back(seed);
  return out;
}

std::vector<Trace> run(int64_t num_workers, LoaderPosition from) {
  Loader<Trace> loader(std::make_unique<ShuffledWindows>(some_windows(103), 10, 7), 7, num_workers, trace);
  loader.start(from);
  std::vector<Trace> batches;
  for (Trace batch; loader.next(batch);) batches.push_back(batch);
  return batches;
}

TEST(Loader, AnyNumberOfWorkersGivesTheSameBatches) {
  const auto expected = run(0, {3, 0});
  ASSERT_EQ(expected.size(), 11u);
  EXPECT_EQ(run(2, {3, 0}), expected);
  EXPECT_EQ(run(4, {3, 0}), expected);
}

TEST(Loader, EveryWindowOnceAnEpochInAnotherOrder) {
  std::vector<uint64_t> users;
  for (const Trace& batch : run(0, {0, 0})) users.insert(users.end(), batch.begin(), batch.end() - 1);
  const auto first = users;
  std::sort(users.begin(), users.end());
  for (uint64_t i = 0; i < 103; ++i) EXPECT_EQ(users[i], i);
  std::vector<uint64_t> second;
  for (const Trace& batch : run(0, {1, 0})) second.insert(second.end(), batch.begin(), batch.end() - 1);
  EXPECT_NE(first, second);
}

TEST(Loader, GoesOnFromTheMiddle) {
  const auto all = run(0, {2, 0});
  const auto rest = run(2, {2, 6});
  EXPECT_EQ(std::vector<Trace>(all.begin() + 6, all.end()), rest);
}

TEST(Loader, PassesOnAnErrorOfAWorker) {
  Loader<Trace> loader(std::make_unique<ShuffledWindows>(some_windows(10), 5, 1), 1, 2, [](std::span<const Window>, uint64_t) -> Trace { throw std::runtime_error("broken"); });
  loader.start({0, 0});
  Trace batch;
  EXPECT_THROW(loader.next(batch), std::runtime_error);
}

}  // namespace
}  // namespace rechub
