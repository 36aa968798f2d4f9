#include "rechub/data/batch_plan.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/dataset_parts.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;

// Users 2, 3, ... with these sessions, whose first events have these times (none: a data set without times).
Dataset sessions(const std::vector<std::vector<int32_t>>& items, const std::vector<int64_t>& starts = {}) {
  DatasetParts parts;
  parts.user_rows = static_cast<int32_t>(items.size()) + 2;
  parts.item_rows = 20;
  parts.user_begin = {0, 0, 0};
  for (size_t i = 0; i < items.size(); ++i) {
    for (size_t t = 0; t < items[i].size(); ++t) {
      parts.items.push_back(items[i][t]);
      if (!starts.empty()) parts.times.push_back(starts[i] + static_cast<int64_t>(t));
    }
    parts.user_begin.push_back(static_cast<int64_t>(parts.items.size()));
  }
  return Dataset::from_memory(std::move(parts));
}

Split all_train(const Dataset& dataset) {
  Split split;
  split.train_end.assign(dataset.user_begin().begin() + 1, dataset.user_begin().end());
  return split;
}

// "lane: in > out" of every window of a batch, with "!" where the lane's state starts anew.
std::vector<std::string> told(const Dataset& dataset, const std::vector<Window>& windows) {
  std::vector<std::string> lines;
  for (const Window& window : windows) {
    EXPECT_EQ(window.end, window.begin + 1);
    EXPECT_EQ(window.target_begin, window.end);
    EXPECT_EQ(window.target_end, window.end + 1);
    const bool starts = window.begin == dataset.user_begin()[window.user];
    lines.push_back(std::to_string(window.lane) + ": " + std::to_string(dataset.items()[window.begin]) + " > " + std::to_string(dataset.items()[window.target_begin]) +
                    (starts ? " !" : ""));
  }
  return lines;
}

TEST(SessionParallel, TwoLanesOverThreeSessions) {
  const Dataset dataset = sessions({{2, 3, 4}, {5, 6}, {7, 8, 9}});
  const SessionParallel plan(dataset, all_train(dataset), 2);
  ASSERT_EQ(plan.num_batches(), 3);
  EXPECT_EQ(plan.num_targets(), 5);
  EXPECT_THAT(told(dataset, plan.batch(0)), ElementsAre("0: 2 > 3 !", "1: 5 > 6 !"));
  EXPECT_THAT(told(dataset, plan.batch(1)), ElementsAre("0: 3 > 4", "1: 7 > 8 !"));
  EXPECT_THAT(told(dataset, plan.batch(2)), ElementsAre("1: 8 > 9"));
}

TEST(SessionParallel, SessionsStandInTheOrderOfTheirTimesAndThoseOfOneEventAreLeftOut) {
  const Dataset dataset = sessions({{2, 3, 4}, {5}, {6, 7}, {8, 9}}, {300, 50, 100, 200});
  const SessionParallel plan(dataset, all_train(dataset), 1);
  std::vector<std::string> lines;
  for (int64_t b = 0; b < plan.num_batches(); ++b) {
    for (const std::string& line : told(dataset, plan.batch(b))) lines.push_back(line);
  }
  EXPECT_THAT(lines, ElementsAre("0: 6 > 7 !", "0: 8 > 9 !", "0: 2 > 3 !", "0: 3 > 4"));
}

TEST(SessionParallel, MoreLanesThanSessions) {
  const Dataset dataset = sessions({{2, 3}, {4, 5, 6}});
  const SessionParallel plan(dataset, all_train(dataset), 8);
  ASSERT_EQ(plan.num_batches(), 2);
  EXPECT_THAT(told(dataset, plan.batch(0)), ElementsAre("0: 2 > 3 !", "1: 4 > 5 !"));
  EXPECT_THAT(told(dataset, plan.batch(1)), ElementsAre("1: 5 > 6"));
}

// Simulated a step at a time, as the paper's figure 1 draws it: each lane moves on by one event, and takes the next session in line when its own is over.
TEST(SessionParallel, EqualsTheSimulation) {
  std::vector<std::vector<int32_t>> items;
  for (int32_t i = 0; i < 50; ++i) items.push_back(std::vector<int32_t>(1 + i * i % 7, 2 + i % 18));
  const Dataset dataset = sessions(items);
  const SessionParallel plan(dataset, all_train(dataset), 4);
  struct Lane {
    int32_t user = 0;
    int64_t event = 0, end = 0;
  };
  std::map<int32_t, Lane> lanes = {{0, {}}, {1, {}}, {2, {}}, {3, {}}};
  int32_t next_user = 2;
  for (int64_t b = 0;; ++b) {
    for (auto& [number, lane] : lanes) {
      while (lane.event + 1 >= lane.end && next_user < dataset.user_rows()) {
        lane = {next_user, dataset.user_begin()[next_user], dataset.user_begin()[next_user + 1]};
        ++next_user;
      }
    }
    std::vector<std::vector<int64_t>> expected, found;
    for (auto& [number, lane] : lanes) {
      if (lane.event + 1 < lane.end) expected.push_back({lane.user, lane.event++, number});
    }
    if (expected.empty()) {
      EXPECT_EQ(plan.num_batches(), b);
      break;
    }
    for (const Window& window : plan.batch(b)) found.push_back({window.user, window.begin, window.lane});
    ASSERT_EQ(found, expected) << b;
  }
}

}  // namespace
}  // namespace rechub
