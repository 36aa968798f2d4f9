#include "rechub/data/dataset_checks.h"

#include <map>

#include <gtest/gtest.h>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

std::map<std::string, int64_t> values_of(DatasetChecker& checker) {
  std::map<std::string, int64_t> values;
  for (const DatasetCheck& check : checker.finish()) values[check.name] = check.value;
  return values;
}

TEST(DatasetChecks, CountsByHand) {
  DatasetChecker checker(5, true, 25);
  checker.add(2, 2, 10);
  checker.add(2, 3, 10);  // a tie
  checker.add(2, 2, 10);  // a tie, a duplicate, a repeat
  checker.add(2, 2, 30);  // a repeat, in the future
  checker.add(3, 2, 30);  // another user at the time of the event before: neither tie nor repeat
  checker.add(4, 3, 25);  // now is not the future
  checker.add(4, 4, 26);
  EXPECT_TRUE(checker.has_repeats());
  const auto values = values_of(checker);
  EXPECT_EQ(values.at("duplicates"), 1);
  EXPECT_EQ(values.at("time_ties"), 2);
  EXPECT_EQ(values.at("future"), 3);
  EXPECT_EQ(values.at("repeats"), 2);
  EXPECT_EQ(values.at("single_event_users"), 1);
  EXPECT_EQ(values.at("truncated_50"), 0);
}

TEST(DatasetChecks, TruncationCountsWhatLiesBeyondTheNewestEvents) {
  DatasetChecker checker(300, false, -1);
  for (int32_t item = 2; item < 62; ++item) checker.add(2, item, 0);   // 60 events: 10 beyond 50
  for (int32_t item = 2; item < 252; ++item) checker.add(3, item, 0);  // 250 events: 200 beyond 50, 50 beyond 200
  for (int32_t item = 2; item < 52; ++item) checker.add(4, item, 0);   // 50 events: none
  EXPECT_FALSE(checker.has_repeats());
  const auto values = values_of(checker);
  EXPECT_EQ(values.at("truncated_50"), 210);
  EXPECT_EQ(values.at("truncated_200"), 50);
  EXPECT_EQ(values.count("duplicates"), 0U) << "without times there is nothing to say of ties";
  EXPECT_EQ(values.count("future"), 0U);
}

TEST(DatasetChecks, EventsBefore1990) {
  DatasetChecker checker(5, true, 100, 50);
  checker.add(2, 2, 49);
  checker.add(2, 3, 50);
  EXPECT_EQ(values_of(checker).at("before_1990"), 1);
}

TEST(DatasetChecks, BeforeTraining) {
  const TestFolder folder;
  PrepareOptions options;
  options.interactions = {folder.write("sequences.txt", "u a b c d e\nv a b\nw c b f\nx a\n")};
  const Dataset dataset = prepare(options, folder.path("out"), [](const std::string&) {});
  // Training: a b c, a b, c, a; validation: d, b; test: e, f.
  std::map<std::string, int64_t> values;
  for (const DatasetCheck& check : check_training(dataset, make_split(dataset, "leave-one-out"), 2)) values[check.name] = check.value;
  EXPECT_EQ(values.at("cold_valid_targets"), 1);
  EXPECT_EQ(values.at("cold_test_targets"), 2);
  EXPECT_EQ(values.at("truncated"), 1) << "u has three training events";
  EXPECT_EQ(values.at("untrained_users"), 2) << "w and x";
}

}  // namespace
}  // namespace rechub
