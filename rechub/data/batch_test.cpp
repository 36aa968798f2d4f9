#include "rechub/data/batch.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

const LogLine kSilent = [](const std::string&) {};

// User a buys in four baskets: items 1 2 at time 10, 3 4 5 at 20, 6 at 30, 7 8 at 40; user b once. All events train.
class Baskets : public testing::Test {
 protected:
  Baskets() : dataset_(prepare(options(), folder_.path("out"), kSilent)) { split_.train_end.assign(dataset_.user_begin().begin() + 1, dataset_.user_begin().end()); }

  // "history -> target" of every readout, as the items' ids.
  std::vector<std::string> examples(const HistoryRule& rule, bool causal) const {
    std::vector<std::string> lines;
    const std::vector<Window> windows = training_windows(dataset_, split_, rule, causal);
    const SequenceBatch batch = make_sequence_batch(dataset_, windows, rule);
    for (size_t r = 0; r < batch.readout_end.size(); ++r) {
      lines.emplace_back();
      for (int64_t p = batch.readout_begin[r]; p < batch.readout_end[r]; ++p) lines.back() += text(batch.item[p]);
      lines.back() += " -> " + text(batch.target[r]);
      const int64_t sequence = batch.readout_sequence[r];
      EXPECT_GE(batch.readout_begin[r], batch.sequence_begin[sequence]);
      EXPECT_LE(batch.readout_end[r], batch.sequence_end[sequence]);
      if (causal) {
        EXPECT_LE(batch.sequence_end[sequence] - batch.sequence_begin[sequence], rule.max_length);
      }
    }
    return lines;
  }

  TestFolder folder_;
  Dataset dataset_;
  Split split_;

 private:
  PrepareOptions options() const {
    PrepareOptions options;
    options.interactions = {folder_.write("log.csv", "user,item,time\na,1,10\na,2,10\na,3,20\na,4,20\na,5,20\na,6,30\na,7,40\na,8,40\nb,1,5\n")};
    return options;
  }
  std::string text(int64_t item) const { return dataset_.item_ids().text(static_cast<int32_t>(item)); }
};

TEST_F(Baskets, EveryEventButTheFirstIsATargetOfAllEventsBeforeIt) {
  const std::vector<std::string> expected = {"1 -> 2", "12 -> 3", "123 -> 4", "1234 -> 5", "12345 -> 6", "123456 -> 7", "1234567 -> 8"};
  EXPECT_EQ(examples({.max_length = 50}, true), expected);
  EXPECT_EQ(examples({.max_length = 50}, false), expected);
}

TEST_F(Baskets, CausalWindowsDoNotOverlapAndOthersReachBack) {
  EXPECT_EQ(examples({.max_length = 3}, true), (std::vector<std::string>{"5 -> 6", "56 -> 7", "567 -> 8", "2 -> 3", "23 -> 4", "234 -> 5", "1 -> 2"}));
  EXPECT_EQ(examples({.max_length = 3}, false), (std::vector<std::string>{"345 -> 6", "456 -> 7", "567 -> 8", "12 -> 3", "123 -> 4", "234 -> 5", "1 -> 2"}));
}

TEST_F(Baskets, StrictlyEarlierLeavesOutTheTargetsOwnBasket) {
  const std::vector<std::string> expected = {"12 -> 3", "12 -> 4", "12 -> 5", "12345 -> 6", "123456 -> 7", "123456 -> 8"};
  EXPECT_EQ(examples({.max_length = 50, .strictly_earlier = true}, true), expected);
  EXPECT_EQ(examples({.max_length = 50, .strictly_earlier = true}, false), expected);
}

// With room for three: the newest window holds 4 5 6; the history of 6 is 4 5 in it. The next one holds 1 2, of which 3, 4 and 5 are the targets.
TEST_F(Baskets, StrictlyEarlierWindowsTrainEveryTargetOnce) {
  const HistoryRule rule = {.max_length = 3, .strictly_earlier = true};
  EXPECT_EQ(examples(rule, true), (std::vector<std::string>{"45 -> 6", "456 -> 7", "456 -> 8", "12 -> 3", "12 -> 4", "12 -> 5"}));
  EXPECT_EQ(examples(rule, false), (std::vector<std::string>{"345 -> 6", "456 -> 7", "456 -> 8", "12 -> 3", "12 -> 4", "12 -> 5"}));
}

TEST_F(Baskets, FirstEventsAreTargetsWithoutHistoryWhereAsked) {
  for (const bool causal : {true, false}) {
    EXPECT_EQ(examples({.max_length = 50, .first_events = true}, causal),
              (std::vector<std::string>{"1 -> 2", "12 -> 3", "123 -> 4", "1234 -> 5", "12345 -> 6", "123456 -> 7", "1234567 -> 8", " -> 1", " -> 1"}));
    EXPECT_EQ(examples({.max_length = 50, .strictly_earlier = true, .first_events = true}, causal),
              (std::vector<std::string>{"12 -> 3", "12 -> 4", "12 -> 5", "12345 -> 6", "123456 -> 7", "123456 -> 8", " -> 1", " -> 2", " -> 1"}));
  }
}

TEST_F(Baskets, AWindowWithoutTargetsIsReadOutOnceAtItsEnd) {
  const EvaluationCase question{kFirstIndex, 0, 6, 6, 8};
  const std::vector<Window> windows = {case_window(question, 4), {kFirstIndex, 0, 0, 0, 0}};
  const SequenceBatch batch = make_sequence_batch(dataset_, windows, {.max_length = 4});
  EXPECT_EQ(batch.readout_begin, (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(batch.readout_end, (std::vector<int64_t>{4, 4}));
  EXPECT_EQ(batch.event, (std::vector<int64_t>{2, 3, 4, 5}));
  EXPECT_TRUE(batch.target.empty());
}

// What is known when a recommendation is asked for: in training and in judging alike that is what came with the target, not with the event before it.
TEST(Batch, ACaseIsAskedInTheContextOfItsTarget) {
  const TestFolder folder;
  PrepareOptions options;
  options.interactions = {folder.write("log.csv", "user,item,time,device\na,1,10,phone\na,2,20,desk\na,3,30,car\na,4,40,phone\n")};
  options.context_cols = {"device"};
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  const Split split = make_split(dataset, "leave-one-out");
  const auto devices = [&](std::span<const Window> windows) { return make_sequence_batch(dataset, windows, {.max_length = 5}).context_columns.at(0).codes; };
  const int64_t phone = 2, desk = 3, car = 4;
  EXPECT_EQ(devices(training_windows(dataset, split, {.max_length = 5}, true)), std::vector<int64_t>{desk});  // 1 -> 2
  const std::vector<Window> cases = {case_window(split.valid[0], 5), case_window(split.test[0], 5)};
  EXPECT_EQ(devices(cases), (std::vector<int64_t>{car, phone}));
  const std::vector<Window> unasked = {{split.test[0].user, 0, 3}};
  EXPECT_EQ(devices(unasked), std::vector<int64_t>{car});  // nobody says in which context: the last event's
}

TEST_F(Baskets, OfALongHistoryFromOutsideTheNewestEventsAreRead) {
  const std::vector<int32_t> users = {kUnknownIndex, kUnknownIndex, kUnknownIndex};
  const std::vector<std::vector<int32_t>> histories = {{5, 3, 4, 2, 6}, {7}, {}};
  const SequenceBatch batch = make_history_batch(dataset_, users, histories, 3);
  EXPECT_EQ(batch.item, (std::vector<int64_t>{4, 2, 6, 7}));
  EXPECT_EQ(batch.readout_begin, (std::vector<int64_t>{0, 3, 4}));
  EXPECT_EQ(batch.readout_end, (std::vector<int64_t>{3, 4, 4}));
}

TEST(Batch, StrictlyEarlierNeedsTimes) {
  const TestFolder folder;
  PrepareOptions options;
  options.interactions = {folder.write("sequences.txt", "7 5 6 5\n3 6 9\n")};
  const Dataset dataset = prepare(options, folder.path("out"), kSilent);
  const auto [kind, message] = error_of([&] { training_windows(dataset, make_split(dataset, "leave-one-out"), {.max_length = 5, .strictly_earlier = true}, true); });
  EXPECT_EQ(kind, ErrorKind::kUsage);
  EXPECT_EQ(message, "strictly_earlier needs times, and this data set was prepared without a time column");
}

}  // namespace
}  // namespace rechub
