#include "rechub/eval/protocol.h"

#include <gtest/gtest.h>

namespace rechub {
namespace {

Evaluation beauty() {
  Evaluation evaluation;
  evaluation.protocol = "leave-one-out", evaluation.split = "test";
  evaluation.num_items = 12101, evaluation.num_users = evaluation.num_cases = evaluation.num_targets = 22363, evaluation.num_cold_targets = 138;
  evaluation.metrics = {{"Hit@5", 0.0123}, {"Hit@10", 0.0152}, {"NDCG@5", 0.005}, {"NDCG@10", 0.0068}};
  evaluation.intervals = {{"Hit@10", {0.0137, 0.0168}}};
  return evaluation;
}

const char kProtocol[] = "leave-one-out, test, full ranking of 12,101 items, seen items excluded, 22,363 users, 0 ties, 138 cold targets\n";

TEST(Protocol, NamesWhatWasJudged) {
  Evaluation evaluation = beauty();
  EXPECT_EQ(protocol_line(evaluation), kProtocol);
  evaluation.seen_excluded = false, evaluation.num_cases = 30000, evaluation.num_targets = 1234567, evaluation.num_ties = 1, evaluation.num_repeated_targets = 7;
  EXPECT_EQ(protocol_line(evaluation),
            "leave-one-out, test, full ranking of 12,101 items, seen items kept, 22,363 users, 30,000 cases, 1,234,567 targets, 1 tie, 138 cold targets, 7 repeated targets "
            "counted once\n");
}

TEST(Protocol, AlignsMetricsByCutoff) {
  EXPECT_EQ(evaluation_table(beauty()), std::string("      K=5     K=10\n"
                                                    "Hit   0.0123  0.0152 [0.0137, 0.0168]\n"
                                                    "NDCG  0.0050  0.0068\n") +
                                            kProtocol);
}

TEST(Protocol, ComparesModelsUnderOneProtocol) {
  const Evaluation first = beauty();
  Evaluation second = beauty();
  second.metrics["NDCG@10"] = 0.0597, second.num_ties = 1000;
  const std::vector<NamedEvaluation> rows = {{"popularity", &first}, {"sasrec", &second}};
  EXPECT_EQ(comparison_table(rows, {"NDCG@10", "MRR@10"}),
            "model       NDCG@10  MRR@10  ties\n"
            "popularity  0.0068           0\n"
            "sasrec      0.0597           1,000\n"
            "leave-one-out, test, full ranking of 12,101 items, seen items excluded, 22,363 users, 138 cold targets\n");
  second.seen_excluded = false;
  const std::string text = comparison_table(rows, {"NDCG@10"});
  EXPECT_NE(text.find("\nsasrec: leave-one-out, test, full ranking of 12,101 items, seen items kept"), std::string::npos);
}

TEST(Protocol, PrintsSlices) {
  Evaluation evaluation = beauty();
  evaluation.slices["popularity:head"] = {{"cases", 10000}, {"targets", 10000}, {"Hit@10", 0.5}, {"Recall@10", 0.5}, {"NDCG@10", 0.25}};
  EXPECT_NE(evaluation_table(evaluation).find("\nslice            cases   targets  Hit@10  Recall@10  NDCG@10\npopularity:head  10,000  10,000   0.5000  0.5000     0.2500\n\n"),
            std::string::npos);
}

}  // namespace
}  // namespace rechub
