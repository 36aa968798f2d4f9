#include "rechub/eval/top_lists.h"

#include <cmath>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/eval/evaluator.h"
#include "rechub/eval/test_sequences.h"

namespace rechub {
namespace {

TEST(TopLists, OverlapIsTheShareOfItemsInBoth) {
  const TopLists a{3, {5, 6, 7, 5, -1, -1, -1, -1, -1}}, b{3, {7, 5, 9, 6, 5, -1, -1, -1, -1}};
  EXPECT_DOUBLE_EQ(list_overlap(a, b, 3), (2 / 3.0 + 1 / 2.0) / 2);  // the third case has no lists
  EXPECT_DOUBLE_EQ(list_overlap(a, b, 1), 0);
  EXPECT_DOUBLE_EQ(list_overlap(a, a, 3), 1);
  EXPECT_DOUBLE_EQ(list_overlap(a, b, 3), list_overlap(b, a, 3));
  EXPECT_THROW(list_overlap(a, b, 4), Error);
  EXPECT_THROW(list_overlap(a, {3, {1, 2, 3}}, 3), Error);
}

// 10 training events: item 2 has 5 of them (the head), 3 has 3 (the torso), 4 and 5 one each (the tail).
TEST(TopLists, SharesOfHeadTorsoAndTail) {
  const std::vector<int64_t> counts = {0, 0, 5, 3, 1, 1};
  const auto shares = popularity_shares({3, {2, 3, 4, 2, 5, -1}}, 3, counts);
  EXPECT_DOUBLE_EQ(shares[0], 2 / 5.0);
  EXPECT_DOUBLE_EQ(shares[1], 1 / 5.0);
  EXPECT_DOUBLE_EQ(shares[2], 2 / 5.0);
}

class KeptLists : public ::testing::Test {
 protected:
  KeptLists() : data_("1 10 11 12 13\n2 10 12 11 14 10\n3 11 10 13 12\n4 12 14 10 11\n"), split_(make_split(*data_, "leave-one-out")), popularity_(fit()) {
    options_.k = {1, 2, 3};
    options_.seen = "keep";
    options_.beyond_accuracy = true;
  }
  std::unique_ptr<Recommender> fit() const { return find_recommender("popularity")->fit(*data_, split_); }
  CaseRanker ranker() const { return rank_by_scores(*popularity_, data_->item_rows()); }
  Evaluation judge(const CaseRanker& ranker) const { return evaluate(*data_, split_, "test", ranker, options_); }

  SequenceData data_;
  Split split_;
  std::unique_ptr<Recommender> popularity_;
  EvaluationOptions options_;
};

TEST_F(KeptLists, KeepingThemChangesNoFigure) {
  for (int64_t depth : {1, 3, 5}) {
    TopLists lists{depth, {}};
    EXPECT_EQ(judge(keep_lists(ranker(), lists)).metrics, judge(ranker()).metrics);
    EXPECT_EQ(lists.num_cases(), static_cast<int64_t>(split_.test.size()));
  }
  TopLists lists{5, {}};
  judge(keep_lists(ranker(), lists));
  EXPECT_EQ(lists.list(0, 1)[0], 2);  // item 10, the most popular one
  EXPECT_EQ(lists.list(0, 5).size(), 5u);
}

// Without ties the place in the list is the rank, so a model judged by its own lists gets its own figures.
TEST_F(KeptLists, ARankerOfListsGivesTheFiguresOfTheModelTheyAreOf) {
  class ByIndex : public Recommender {
    void score(const EvaluationCase& question, std::span<float> scores) const override {
      for (size_t item = 0; item < scores.size(); ++item) scores[item] = static_cast<float>((item * 3 + question.user) % 7);
    }
  } recommender;
  TopLists lists{5, {}};
  const Evaluation judged = judge(keep_lists(rank_by_scores(recommender, data_->item_rows()), lists));
  const Evaluation again = judge(rank_by_lists(lists));
  EXPECT_EQ(judged.num_ties, 0);
  EXPECT_EQ(judged.metrics, again.metrics);
  EXPECT_EQ(judged.case_metrics, again.case_metrics);
}

TEST_F(KeptLists, ATargetOutsideItsListIsAMiss) {
  TopLists lists{3, std::vector<int32_t>(3 * split_.test.size(), -1)};
  EXPECT_EQ(judge(rank_by_lists(lists)).metrics.at("Hit@3"), 0);
  lists.items.resize(3);
  EXPECT_THROW(judge(rank_by_lists(lists)), Error);
}

}  // namespace
}  // namespace rechub
