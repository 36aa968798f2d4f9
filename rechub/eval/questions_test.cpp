#include "rechub/eval/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rechub {
namespace {

using ::testing::ElementsAre;

// One user: history 2 3 2, targets 4 2 4 5 6; item 6 has no training events.
const std::vector<int32_t> kItems = {2, 3, 2, 4, 2, 4, 5, 6};
const std::vector<int64_t> kCounts = {0, 0, 2, 1, 1, 3, 0};
const std::vector<EvaluationCase> kCases = {{.user = 2, .history_begin = 0, .history_end = 3, .target_begin = 3, .target_end = 8}};

TEST(Questions, KeepsSeenTargetsWhereSeenItemsAreKept) {
  const Questions questions = make_questions(kCases, kItems, kCounts, false);
  EXPECT_THAT(questions.targets, ElementsAre(4, 2, 5));
  EXPECT_EQ(questions.num_relevant(0), 4);
  EXPECT_EQ(questions.num_cold[0], 1);
  EXPECT_THAT(questions.cold_targets, ElementsAre(6));
  EXPECT_EQ(questions.num_repeated_targets, 1);
  EXPECT_EQ(questions.num_seen_targets, 0);
}

TEST(Questions, DropsSeenTargetsWhereSeenItemsAreExcluded) {
  const Questions questions = make_questions(kCases, kItems, kCounts, true);
  EXPECT_THAT(questions.targets, ElementsAre(4, 5));
  EXPECT_EQ(questions.num_relevant(0), 3);
  EXPECT_EQ(questions.num_seen_targets, 1);
}

TEST(Questions, LeavesOutACaseWithoutTargetsAndKeepsAColdOne) {
  const std::vector<EvaluationCase> cases = {{.user = 2, .history_begin = 0, .history_end = 3, .target_begin = 4, .target_end = 5},
                                             {.user = 2, .history_begin = 0, .history_end = 3, .target_begin = 7, .target_end = 8}};
  const Questions questions = make_questions(cases, kItems, kCounts, true);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions.cases[0].target_begin, 7);
  EXPECT_TRUE(questions.targets_of(0).empty());
  EXPECT_EQ(questions.num_relevant(0), 1);
  EXPECT_EQ(questions.num_seen_targets, 1);
}

TEST(Questions, AnEventOfWeightZeroIsNoTarget) {
  const std::vector<float> weights = {1, 1, 1, 0, 1, 2, 0, 0};
  const Questions questions = make_questions(kCases, kItems, kCounts, false, weights);
  EXPECT_THAT(questions.targets, ElementsAre(2, 4)) << "the later 4 counts, the earlier one does not";
  EXPECT_EQ(questions.num_relevant(0), 2);
  EXPECT_EQ(questions.num_repeated_targets, 0);
}

}  // namespace
}  // namespace rechub
