#include "rechub/data/dataset_checks.h"

#include <map>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using testing::HasSubstr;

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

TEST(DatasetChecks, LinesTellFindingsAndNameTheRest) {
  const std::vector<DatasetCheck> checks = {{"a", 2, "ties: 2 events"}, {"b", 0, "cut: 0 beyond 50"}, {"c", 0, "cut: 0 beyond 200"}, {"d", 0, "future: 0 events"}};
  EXPECT_THAT(check_lines(checks), testing::ElementsAre("ties: 2 events", "none: cut, future"));
  EXPECT_THAT(check_lines(std::span(checks).first(1)), testing::ElementsAre("ties: 2 events"));
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

// Users a, b, c with targets at 30, 300 and 3000, and d and e without.
class FutureChecks : public testing::Test {
 protected:
  FutureChecks() {
    PrepareOptions options;
    options.weight_col = "weight";
    options.interactions = {folder_.write("log.csv",
                                          "user,item,time,weight\na,x,10,1\na,y,20,1\na,z,30,1\nb,x,100,1\nb,y,200,1\nb,z,300,1\nc,x,1000,1\nc,y,2000,1\nc,z,3000,1\n"
                                          "d,x,15,1\nd,y,16,1\ne,x,40,0\ne,y,50,0\ne,z,60,0\nf,x,70,0\nf,y,80,0\nf,z,90,1\n")};
    dataset_ = std::make_unique<Dataset>(prepare(options, folder_.path("out"), [](const std::string&) {}));
  }
  DatasetCheck find(const std::string& protocol, const std::string& name) const {
    for (const DatasetCheck& check : check_training(*dataset_, make_split(*dataset_, protocol), 50)) {
      if (check.name == name) return check;
    }
    ADD_FAILURE() << "there is no check " << name;
    return {};
  }

  TestFolder folder_;
  std::unique_ptr<Dataset> dataset_;
};

// Training: a's at 10, b's at 100, c's at 1000, all of d, e and f: eight later than 30, one later than 300.
TEST_F(FutureChecks, LeaveOneOutTrainsOnWhatComesAfterItsCases) {
  const DatasetCheck check = find("leave-one-out", "training_after_test");
  EXPECT_EQ(check.value, 8);
  EXPECT_THAT(check.sentence, HasSubstr("8 training events (72.73 %) are later than the first test target, 1 (9.09 %) later than half of them"));
  EXPECT_THAT(check.sentence, HasSubstr("leave-one-out trains on what comes after its cases"));
}

TEST_F(FutureChecks, ASplitInTimeDoesNot) { EXPECT_EQ(find("time:0.6,0.2,0.2", "training_after_test").value, 0); }

TEST_F(FutureChecks, WhoIsNotJudgedAndWhy) {
  const DatasetCheck check = find("leave-one-out", "unjudged_users");
  EXPECT_EQ(check.value, 3);
  EXPECT_EQ(check.sentence,
            "sequences without a test case: 3 of 6: 1 with fewer than 3 events, 1 whose events all have weight 0, 1 that the split leave-one-out gives no test target");
}

}  // namespace
}  // namespace rechub
