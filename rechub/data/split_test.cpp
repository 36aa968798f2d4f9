#include "rechub/data/split.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const LogLine kSilent = [](const std::string&) {};

class SplitTest : public testing::Test {
 protected:
  Dataset make(const std::string& name, const std::string& text, PrepareOptions options = {}) {
    options.interactions = {folder_.write(name, text)};
    options.overwrite = true;
    return prepare(options, folder_.path("data"), kSilent);
  }
  TestFolder folder_;
};

// "HISTORY > TARGETS" of every case, by raw item ids.
std::vector<std::string> texts(const Dataset& dataset, const std::vector<EvaluationCase>& cases) {
  std::vector<std::string> lines;
  const auto items = [&](int64_t begin, int64_t end) {
    std::string text;
    for (int64_t event = begin; event < end; ++event) text += dataset.item_ids().text(dataset.items()[event]);
    return text;
  };
  for (const EvaluationCase& c : cases) lines.push_back(items(c.history_begin, c.history_end) + ">" + items(c.target_begin, c.target_end));
  return lines;
}

std::vector<int64_t> train_lengths(const Dataset& dataset, const Split& split) {
  std::vector<int64_t> lengths;
  for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) lengths.push_back(split.train_end[user] - dataset.user_begin()[user]);
  return lengths;
}

TEST_F(SplitTest, LeaveOneOutKeepsTheLastItemForTheTest) {
  const Dataset dataset = make("sequences.txt", "u a b c d\nv a b\nw c a e\nx b\n");
  const Split split = make_split(dataset, "leave-one-out");
  EXPECT_THAT(texts(dataset, split.valid), ElementsAre("ab>c", "c>a"));
  EXPECT_THAT(texts(dataset, split.test), ElementsAre("abc>d", "ca>e"));
  EXPECT_THAT(train_lengths(dataset, split), ElementsAre(2, 2, 1, 1)) << "short users only train";
  EXPECT_THAT(split.item_counts, ElementsAre(0, 0, 2, 3, 1, 0, 0)) << "a b c d e";
  EXPECT_EQ(split.num_train_events, 6);
  EXPECT_EQ(split.cold_test_targets, 2);
  EXPECT_EQ(split.cold_valid_targets, 0);
  EXPECT_EQ(split.summary()["test_cases"], 2);
}

TEST_F(SplitTest, EventsOfWeightZeroAreHistoryOnly) {
  PrepareOptions options;
  options.event_type_col = "type";
  options.target_events = {"buy"};
  const Dataset dataset = make("log.csv",
                               "user,item,time,type\nu,a,1,click\nu,b,2,buy\nu,c,3,click\nu,d,4,buy\nu,e,5,click\n"
                               "v,a,1,buy\nv,b,2,click\nv,c,3,click\n"
                               "w,a,1,buy\nw,b,2,buy\n",
                               options);
  const Split split = make_split(dataset, "leave-one-out");
  EXPECT_THAT(texts(dataset, split.valid), ElementsAre("a>b"));
  EXPECT_THAT(texts(dataset, split.test), ElementsAre("abc>d")) << "the click on e is later than the test, those on a and c are history";
  EXPECT_THAT(train_lengths(dataset, split), ElementsAre(1, 3, 2));
}

TEST_F(SplitTest, TimeCutsAllUsersAtOneMoment) {
  // Ten events at the times 1 to 10: the first 6 train, 7 and 8 validate, 9 and 10 test.
  const Dataset dataset = make("log.csv", "user,item,time\nu,a,1\nv,b,2\nu,b,3\nu,c,4\nv,a,5\nw,a,6\nu,d,7\nw,b,8\nu,a,9\nx,c,10\n");
  const Split split = make_split(dataset, "time:0.6,0.2,0.2");
  EXPECT_THAT(texts(dataset, split.valid), ElementsAre("abc>d", "a>b"));
  EXPECT_THAT(texts(dataset, split.test), ElementsAre("abcd>a", ">c")) << "a user who begins after the cut has no history";
  EXPECT_THAT(train_lengths(dataset, split), ElementsAre(3, 2, 1, 0));
  EXPECT_EQ(split.cold_valid_targets, 1) << "d";
}

TEST_F(SplitTest, EventsOfOneMomentStayOnOneSideOfTheCut) {
  const Dataset dataset = make("log.csv", "user,item,time\nu,a,1\nu,b,2\nu,c,2\nu,d,2\nu,e,3\n");
  const Split split = make_split(dataset, "time:0.6,0,0.4");
  EXPECT_THAT(texts(dataset, split.test), ElementsAre("a>bcde"));
  EXPECT_TRUE(split.valid.empty());
}

TEST_F(SplitTest, HeldOutUsersNeverTrain) {
  std::string text;
  for (int user = 0; user < 400; ++user) text += fmt::format("{} 1 2 3 4 5 6 7 8 9 10\n", user);
  const Dataset dataset = make("sequences.txt", text);
  const Split split = make_split(dataset, "users:0.8,0.1,0.1", 3);
  std::set<int32_t> judged;
  for (const auto* cases : {&split.valid, &split.test}) {
    for (const EvaluationCase& c : *cases) {
      judged.insert(c.user);
      EXPECT_EQ(c.history_end - c.history_begin, 8);
      EXPECT_EQ(c.target_end - c.target_begin, 2);
      EXPECT_EQ(split.train_end[c.user], dataset.user_begin()[c.user]);
    }
  }
  EXPECT_EQ(judged.size(), split.valid.size() + split.test.size()) << "nobody is in both";
  EXPECT_EQ(split.num_train_events, 10 * (400 - static_cast<int64_t>(judged.size())));
  // 80 are expected, with a standard deviation of 8.
  EXPECT_NEAR(static_cast<double>(judged.size()), 80, 32);
  const auto users_of = [](const std::vector<EvaluationCase>& cases) {
    std::vector<int32_t> users;
    for (const EvaluationCase& c : cases) users.push_back(c.user);
    return users;
  };
  EXPECT_EQ(users_of(make_split(dataset, "users:0.8,0.1,0.1", 3).test), users_of(split.test));
  EXPECT_NE(users_of(make_split(dataset, "users:0.8,0.1,0.1", 4).test), users_of(split.test));
}

TEST_F(SplitTest, TestSessionsAreAskedForEveryNextEvent) {
  std::string train;
  for (int session = 0; session < 100; ++session) train += "a b c\n";
  PrepareOptions options;
  options.test = {folder_.write("test_sessions.txt", "a b d\nc\nb a\n")};
  Dataset dataset = make("sessions.txt", train, options);
  Split split = make_split(dataset, "sessions");
  EXPECT_THAT(texts(dataset, split.test), ElementsAre("a>b", "ab>d", "b>a"));
  EXPECT_EQ(split.cold_test_targets, 1);
  EXPECT_EQ(dataset.user_ids().text(split.test[0].user), "test/1");
  // A tenth of the 100 training sessions: 10 expected, with a standard deviation of 3; each has two prefixes.
  EXPECT_EQ(split.valid.size() % 2, 0U);
  EXPECT_NEAR(static_cast<double>(split.valid.size()) / 2, 10, 9);
  EXPECT_EQ(split.num_train_events, 300 - 3 * static_cast<int64_t>(split.valid.size()) / 2);
  options.test_targets = "last";
  dataset = make("sessions.txt", train, options);
  split = make_split(dataset, "sessions");
  EXPECT_THAT(texts(dataset, split.test), ElementsAre("ab>d", "b>a"));
}

TEST_F(SplitTest, WhatCannotBeSplitIsRefused) {
  const Dataset dataset = make("sequences.txt", "u a b\nv b a\n");
  const auto message = [&](const std::string& protocol, ErrorKind kind) {
    const auto [found, text] = error_of([&] { make_split(dataset, protocol); });
    EXPECT_EQ(found, kind) << protocol;
    return text;
  };
  EXPECT_THAT(message("leave-two-out", ErrorKind::kUsage), testing::AllOf(HasSubstr("leave-two-out"), HasSubstr("leave-one-out, time:")));
  EXPECT_THAT(message("time:0.8,0.1,0.1", ErrorKind::kUsage), HasSubstr("needs times"));
  EXPECT_THAT(message("users:0.8,0.1", ErrorKind::kUsage), HasSubstr("three shares"));
  EXPECT_THAT(message("users:0.8,0.1,x", ErrorKind::kUsage), HasSubstr("'x'"));
  EXPECT_THAT(message("users:0.8,0.3,0.1", ErrorKind::kUsage), HasSubstr("sum to 1"));
  EXPECT_THAT(message("sessions", ErrorKind::kUsage), HasSubstr("--test FILE"));
  EXPECT_EQ(message("leave-one-out", ErrorKind::kData),
            "split 'leave-one-out' leaves nothing to judge (leave-one-out needs 3 events of a user; users in the data: 2, most events of one: 2)");
  const Dataset single = make("single.csv", "user,item,time\nu,a,1\n");
  const auto [kind, text] = error_of([&] { make_split(single, "time:0.8,0.1,0.1"); });
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_EQ(text, "split 'time:0.8,0.1,0.1' leaves nothing to train on (events in the data: 1, users: 1)");
}

}  // namespace
}  // namespace rechub
