#include "rechub/data/event_sorter.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using Event = std::tuple<int32_t, int64_t, uint32_t, int32_t>;  // user, time, number, item

std::vector<Event> sorted(EventSorter& sorter) {
  std::vector<Event> events;
  sorter.scan([&](std::span<const uint32_t> block) {
    for (size_t i = 0; i < block.size(); i += static_cast<size_t>(sorter.record_words())) {
      const EventRecord record{block.data() + i};
      events.emplace_back(record.user(), record.time(), record.extra(0), record.item());
    }
  });
  return events;
}

// Events of 50 users with few different times, so that ties are many; `number` is the order in which they came.
std::vector<Event> random_events(int64_t count) {
  Random random(7);
  std::vector<Event> events;
  for (uint32_t number = 0; number < count; ++number) {
    events.emplace_back(2 + static_cast<int32_t>(random.below(50)), static_cast<int64_t>(random.below(20)) - 10, number, static_cast<int32_t>(random.below(1000)));
  }
  return events;
}

void fill(EventSorter& sorter, const std::vector<Event>& events) {
  for (const auto& [user, time, number, item] : events) *sorter.append(user, item, time) = number;
}

TEST(EventSorter, SortsByUserThenTimeThenOrderOfArrival) {
  EventSorter sorter(1, 1 << 30, "/nowhere");
  fill(sorter, {{3, 5, 0, 10}, {2, 9, 1, 11}, {3, -4, 2, 12}, {2, 9, 3, 13}, {3, 5, 4, 14}, {2, int64_t{1} << 40, 5, 15}, {2, -(int64_t{1} << 40), 6, 16}});
  const std::vector<Event> expected = {{2, -(int64_t{1} << 40), 6, 16}, {2, 9, 1, 11}, {2, 9, 3, 13}, {2, int64_t{1} << 40, 5, 15}, {3, -4, 2, 12}, {3, 5, 0, 10}, {3, 5, 4, 14}};
  EXPECT_EQ(sorted(sorter), expected);
  EXPECT_EQ(sorted(sorter), expected) << "a second scan";
  EXPECT_EQ(sorter.num_runs(), 0);
}

TEST(EventSorter, EqualsAStableSortWithAndWithoutRuns) {
  const TestFolder folder;
  std::vector<Event> expected = random_events(700'000);
  EventSorter in_memory(1, int64_t{1} << 30, folder.path("")), spilling(1, 3 << 20, folder.path(""));
  fill(in_memory, expected);
  fill(spilling, expected);
  std::sort(expected.begin(), expected.end());  // the number makes it stable
  EXPECT_EQ(sorted(in_memory), expected);
  EXPECT_EQ(in_memory.num_runs(), 0);
  EXPECT_EQ(sorted(spilling), expected);
  EXPECT_EQ(sorted(spilling), expected) << "a second scan";
  EXPECT_GT(spilling.num_runs(), 5);
  EXPECT_LE(spilling.memory_used(), 3 << 20);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path(""))) << "runs have no name";
}

TEST(EventSorter, HandlesEventsThatCameInOrder) {
  const TestFolder folder;
  std::vector<Event> events = random_events(300'000);
  std::sort(events.begin(), events.end());
  for (const int64_t memory : {int64_t{1} << 30, int64_t{1}}) {
    EventSorter sorter(1, memory, folder.path(""));
    fill(sorter, events);
    EXPECT_EQ(sorted(sorter), events);
  }
}

TEST(EventSorter, NamesTheRunThatCannotBeWritten) {
  EventSorter sorter(1, 1, "/no/such/folder");
  try {
    fill(sorter, random_events(70'000));
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_STREQ(error.what(), "cannot create /no/such/folder/events-0.run: No such file or directory");
  }
}

}  // namespace
}  // namespace rechub
