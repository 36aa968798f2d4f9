#include "rechub/eval/evaluator.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"
#include "rechub/eval/test_sequences.h"

namespace rechub {
namespace {

// The same given score for everyone; items beyond the list score 0.
class FixedScores : public Recommender {
 public:
  explicit FixedScores(std::vector<float> scores) : scores_(std::move(scores)) {}
  void score(const EvaluationCase&, std::span<float> scores) const override {
    std::fill(scores.begin(), scores.end(), 0.0f);
    std::copy(scores_.begin(), scores_.end(), scores.begin());
  }

 private:
  std::vector<float> scores_;
};

EvaluationOptions at(std::vector<int64_t> k) {
  EvaluationOptions options;
  options.k = std::move(k);
  return options;
}

// Items 10 .. 14 are 2 .. 6; training holds 10 three times, 11 twice, 12 once: 13 and 14 are cold.
const char kThreeUsers[] = "1 10 11 12 13\n2 10 12 11 14\n3 11 10 13 12\n";

Evaluation judge(const Dataset& dataset, const std::string& which, const Recommender& recommender, const EvaluationOptions& options) {
  return evaluate(dataset, make_split(dataset, "leave-one-out"), which, rank_by_scores(recommender, dataset.item_rows()), options);
}

TEST(Evaluate, CanBeInterrupted) {
  const SequenceData data(kThreeUsers);
  const auto popularity = find_recommender("popularity")->fit(*data, make_split(*data, "leave-one-out"));
  const InterruptionScope scope([] { return true; });
  EXPECT_THROW(judge(*data, "test", *popularity, at({1})), Interrupted);
}

TEST(Evaluate, LeaveOneOutByHand) {
  const SequenceData data(kThreeUsers);
  const Split split = make_split(*data, "leave-one-out");
  const auto popularity = find_recommender("popularity")->fit(*data, split);
  const Evaluation test = judge(*data, "test", *popularity, at({1, 2}));
  // Targets 13 and 14 are cold; the third user's 12 is first among 12 and 14, the rest is in the history.
  EXPECT_DOUBLE_EQ(test.metrics.at("Hit@1"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(test.metrics.at("NDCG@2"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(test.metrics.at("Precision@2"), 0.5 / 3);
  EXPECT_EQ(test.num_cases, 3);
  EXPECT_EQ(test.num_users, 3);
  EXPECT_EQ(test.num_cold_targets, 2);
  EXPECT_EQ(test.num_ties, 0);
  EXPECT_TRUE(test.seen_excluded);
  const Evaluation valid = judge(*data, "valid", *popularity, at({1}));
  EXPECT_DOUBLE_EQ(valid.metrics.at("Hit@1"), 2.0 / 3);  // 12 and 11 are first, 13 is cold
  EXPECT_EQ(valid.num_cold_targets, 1);
}

TEST(Evaluate, SeenItemsThatAreKeptStandAbove) {
  const SequenceData data(kThreeUsers);
  EvaluationOptions options = at({1, 2, 3});
  options.seen = "keep";
  const Evaluation kept = judge(*data, "test", FixedScores({0, 0, 3, 2, 1, 0, 0}), options);
  EXPECT_EQ(kept.metrics.at("Hit@2"), 0);
  EXPECT_DOUBLE_EQ(kept.metrics.at("Hit@3"), 1.0 / 3);
  EXPECT_FALSE(kept.seen_excluded);
}

// The figures can be counted again from the ranks: 13 and 14 are cold, the third user's 12 shares the first two places with 14.
TEST(Evaluate, TellsTheRankOfEveryTarget) {
  const SequenceData data(kThreeUsers);
  const Evaluation test = judge(*data, "test", FixedScores({}), at({1, 2}));
  ASSERT_EQ(test.target_ranks.size(), 3u);
  std::vector<std::string> told;
  for (const TargetRank& target : test.target_ranks)
    told.push_back(data->user_ids().text(target.user) + " " + data->item_ids().text(target.item) + " " + std::to_string(target.rank).substr(0, 3));
  EXPECT_EQ(told, (std::vector<std::string>{"1 13 0.0", "2 14 0.0", "3 12 1.5"}));
}

TEST(Evaluate, EqualScoresForAllAreNoHits) {
  const SequenceData data(kThreeUsers);
  const Evaluation equal = judge(*data, "test", FixedScores({}), at({1, 2}));
  EXPECT_EQ(equal.metrics.at("Hit@1"), 0);  // 12 ties with 14: rank 1.5
  EXPECT_DOUBLE_EQ(equal.metrics.at("MRR@2"), 1 / 1.5 / 3);
  EXPECT_EQ(equal.num_ties, 1);
}

// History 10 11 10, targets 12 11 12; 11 scores most, then 10, then 12.
TEST(Evaluate, RepeatedConsumptionGivesEachRuleItsAnswer) {
  const SequenceData data("1 10 11 10 12 11 12\n");
  Split split;
  split.protocol = "by hand";
  split.item_counts = {0, 0, 2, 1, 1};
  split.test = {{.user = 2, .history_begin = 0, .history_end = 3, .target_begin = 3, .target_end = 6}};
  const FixedScores scores({0, 0, 2, 3, 1});
  EvaluationOptions options = at({1, 2, 3});
  const auto run = [&](const std::string& seen) {
    options.seen = seen;
    return evaluate(*data, split, "test", rank_by_scores(scores, data->item_rows()), options);
  };
  const Evaluation kept = run("keep"), excluded = run("exclude"), automatic = run("auto");
  EXPECT_EQ(kept.metrics.at("Recall@1"), 0.5);  // ranks 1 and 3
  EXPECT_EQ(kept.metrics.at("Recall@3"), 1);
  EXPECT_DOUBLE_EQ(kept.metrics.at("NDCG@3"), 1.5 / (1 + 1 / std::log2(3.0)));
  EXPECT_EQ(kept.num_targets, 2);
  EXPECT_EQ(kept.num_repeated_targets, 1);
  EXPECT_EQ(excluded.metrics.at("Recall@1"), 1);  // 12 is all that is left
  EXPECT_EQ(excluded.num_targets, 1);
  EXPECT_EQ(excluded.num_seen_targets, 1);
  EXPECT_EQ(automatic.metrics, kept.metrics);
  split.test[0].target_begin = 4, split.test[0].target_end = 5;
  EXPECT_THROW(run("exclude"), Error);  // the only target is in the history
}

TEST(Evaluate, BeyondAccuracyByHand) {
  const SequenceData data(kThreeUsers);
  EvaluationOptions options = at({1, 2});
  options.beyond_accuracy = true;
  const std::vector<float> vectors = {0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, -1};
  const Split split = make_split(*data, "leave-one-out");
  const auto popularity = find_recommender("popularity")->fit(*data, split);
  // Lists: user 1 has seen 10 11 12 -> (13 14); user 2 the same -> (13 14); user 3 10 11 13 -> (12 14). 12 made one of six training events, 13 and 14 count as one.
  const Evaluation result = evaluate(*data, split, "test", rank_by_scores(*popularity, data->item_rows()), options, vectors);
  EXPECT_DOUBLE_EQ(result.metrics.at("Coverage@1"), 2.0 / 5);
  EXPECT_DOUBLE_EQ(result.metrics.at("Coverage@2"), 3.0 / 5);
  EXPECT_NEAR(result.metrics.at("Novelty@2"), std::log2(6.0), 1e-6);
  EXPECT_NEAR(result.metrics.at("IntraListDistance@2"), (1 + 1 + (1 + std::sqrt(0.5))) / 3, 1e-6);  // 13 is a zero vector
  EXPECT_EQ(result.metrics.at("IntraListDistance@1"), 0);
  EXPECT_EQ(result.intervals.count("Novelty@2"), 1);
  EXPECT_EQ(result.intervals.count("Coverage@2"), 0);
}

TEST(Evaluate, JsonHasTheDocumentedLayout) {
  const SequenceData data(kThreeUsers);
  EvaluationOptions options = at({1});
  options.slices = true;
  const auto json = judge(*data, "test", FixedScores({}), options).to_json();
  EXPECT_EQ(json.at("metrics").at("Hit@1"), 0);
  EXPECT_EQ(json.at("intervals").at("Hit@1"), nlohmann::json({0.0, 0.0}));
  EXPECT_EQ(json.at("slices").at("target:cold").at("cases"), 2);
  const nlohmann::json expected = {{"split", "test"},    {"split_protocol", "leave-one-out"},
                                   {"seen", "excluded"}, {"users", 3},
                                   {"cases", 3},         {"targets", 3},
                                   {"items", 5},         {"ties", 1},
                                   {"cold_targets", 2},  {"repeated_targets", 0},
                                   {"seen_targets", 0}};
  EXPECT_EQ(json.at("protocol"), expected);
  EXPECT_EQ(json.at("protocol_line"), "leave-one-out, test, full ranking of 5 items, seen items excluded, 3 users, 1 tie, 2 cold targets");
}

// Two thousand users in several batches: more threads give the same bits.
TEST(Evaluate, SameBitsWhateverTheThreads) {
  std::string lines;
  Random random(4);
  for (int user = 0; user < 2000; ++user) {
    lines += fmt::format("{}", user);
    for (int i = 0; i < 5; ++i) lines += fmt::format(" {}", 1 + i * 40 + static_cast<int>(random.below(40)));
    lines += '\n';
  }
  const SequenceData data(lines);
  const Split split = make_split(*data, "leave-one-out");
  const auto model = find_recommender("item_knn")->fit(*data, split);
  EvaluationOptions options = at({5, 10});
  options.slices = options.beyond_accuracy = true;
  options.bootstrap = 50;
  const int threads = num_threads();
  std::vector<std::string> results;
  for (int count : {1, 2, 3}) {
    set_num_threads(count);
    results.push_back(judge(*data, "test", *model, options).to_json().dump());
  }
  set_num_threads(threads);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(Evaluate, SaysWhatIsWrong) {
  const SequenceData data(kThreeUsers);
  const FixedScores scores({});
  EXPECT_EQ(error_of([&] { judge(*data, "training", scores, at({1})); }).first, ErrorKind::kUsage);
  EXPECT_EQ(error_of([&] { judge(*data, "test", scores, at({0, 5})); }).first, ErrorKind::kUsage);
  EXPECT_EQ(error_of([&] { judge(*data, "test", scores, at({})); }).first, ErrorKind::kUsage);
  EvaluationOptions options = at({1});
  options.seen = "hide";
  EXPECT_EQ(error_of([&] { judge(*data, "test", scores, options); }).second, "expected seen to be auto, exclude or keep, got \"hide\"");
  const Split split = make_split(*data, "leave-one-out");
  EXPECT_EQ(error_of([&] {
              evaluate(
                  *data, split, "test", [](const RankRequest&) { return SearchResult(); }, at({1}));
            }).first,
            ErrorKind::kInternal);
}

}  // namespace
}  // namespace rechub
