#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "rechub/eval/recommender.h"
#include "rechub/eval/test_sequences.h"

namespace rechub {
namespace {

// Every row of the table: scores are numbers or -infinity, the same for the same question, and no history or an unknown one is no trouble.
TEST(Recommenders, KeepTheContract) {
  const SequenceData data("1 10 11 12 13\n2 10 12 11 14 10\n3 11 10 13 12\n4 15\n");
  const Split split = make_split(*data, "leave-one-out");
  for (const RecommenderEntry& entry : recommender_entries()) {
    const auto recommender = entry.fit(*data, split);
    std::vector<EvaluationCase> questions = split.test;
    questions.push_back({});
    questions.push_back({.user = 5, .history_begin = 13, .history_end = 14});
    for (const EvaluationCase& question : questions) {
      std::vector<float> first(data->item_rows(), 0.0f), second(data->item_rows(), 7.0f);
      recommender->score(question, first);
      recommender->score(question, second);
      for (int32_t item = 2; item < data->item_rows(); ++item) {
        EXPECT_TRUE(std::isfinite(first[item]) || first[item] == -std::numeric_limits<float>::infinity()) << entry.name;
        EXPECT_EQ(first[item], second[item]) << entry.name;
      }
    }
    EXPECT_EQ(find_recommender(entry.name), &entry);
  }
  EXPECT_EQ(find_recommender("nothing"), nullptr);
}

}  // namespace
}  // namespace rechub
