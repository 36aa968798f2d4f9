#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"
#include "rechub/eval/recommender.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Gives user u the scores of row u.
class FixedScores : public Recommender {
 public:
  explicit FixedScores(std::vector<std::vector<float>> rows) : rows_(std::move(rows)) {}
  void score(const EvaluationCase& question, std::span<float> scores) const override { std::copy(rows_[question.user].begin(), rows_[question.user].end(), scores.begin()); }

 private:
  std::vector<std::vector<float>> rows_;
};

TEST(RankByScores, OrdersTiesByPositionAndRanksByHand) {
  const FixedScores recommender({{9, 9, 1, 3, 2, 3, 0}});  // rows 0 and 1 are no items
  const std::vector<EvaluationCase> cases(1);
  const std::vector<int64_t> offsets = {0, 5};
  const std::vector<int32_t> targets = {2, 3, 4, 5, 6};
  const SearchResult result = rank_by_scores(recommender, 7)({.cases = cases, .k = 6, .targets = {offsets, targets}});
  EXPECT_THAT(result.positions, ElementsAre(3, 5, 4, 2, 6, -1));
  EXPECT_THAT(result.scores, ElementsAre(3, 3, 2, 1, 0, -kInfinity));
  EXPECT_THAT(result.ranks, ElementsAre(4, 1.5, 3, 1.5, 5));
  EXPECT_THAT(result.ties, ElementsAre(0, 1, 0, 1, 0));
}

TEST(RankByScores, EqualScoresRankInTheMiddle) {
  const FixedScores recommender({std::vector<float>(102, 0.5f)});
  const std::vector<EvaluationCase> cases(1);
  const std::vector<int64_t> offsets = {0, 1};
  const std::vector<int32_t> targets = {2};
  const SearchResult result = rank_by_scores(recommender, 102)({.cases = cases, .k = 2, .targets = {offsets, targets}});
  EXPECT_EQ(result.ranks[0], 50.5);
  EXPECT_EQ(result.ties[0], 99);
  EXPECT_THAT(result.positions, ElementsAre(2, 3));
}

TEST(RankByScores, ExcludedAndForbiddenItemsNeitherReturnNorRank) {
  const FixedScores recommender({{0, 0, 5, 4, 3, 2, 1}, {0, 0, 5, 4, 3, 2, 1}});
  const std::vector<EvaluationCase> cases = {{.user = 0}, {.user = 1}};
  const std::vector<int64_t> exclude_offsets = {0, 3, 3}, target_offsets = {0, 2, 3};
  const std::vector<int32_t> exclude = {2, 4, 2}, targets = {5, 4, 5};  // item 4 is a target in its own exclude list: ranked all the same
  const std::vector<uint8_t> allowed = {1, 1, 1, 0, 1, 1, 1};
  const SearchResult result =
      rank_by_scores(recommender, 7)({.cases = cases, .k = 4, .exclude = {exclude_offsets, exclude}, .targets = {target_offsets, targets}, .allowed = allowed});
  EXPECT_THAT(result.positions, ElementsAre(5, 6, -1, -1, 2, 4, 5, 6));
  EXPECT_THAT(result.ranks, ElementsAre(1, 1, 3));
}

TEST(RankByScores, MinusInfinityIsNeverReturnedAndNeverAHit) {
  const FixedScores recommender({{0, 0, -kInfinity, -kInfinity, 1}});
  const std::vector<EvaluationCase> cases(1);
  const std::vector<int64_t> offsets = {0, 1};
  const std::vector<int32_t> targets = {3};
  const SearchResult result = rank_by_scores(recommender, 5)({.cases = cases, .k = 2, .targets = {offsets, targets}});
  EXPECT_THAT(result.positions, ElementsAre(4, -1));
  EXPECT_EQ(result.ranks[0], std::numeric_limits<double>::infinity());
  EXPECT_EQ(result.ties[0], 0);
}

TEST(RankByScores, AgreesWithASortOnRandomScores) {
  Random random(5);
  std::vector<std::vector<float>> rows(20, std::vector<float>(300));
  for (auto& row : rows) {
    for (float& score : row) score = static_cast<float>(random.below(40));
  }
  std::vector<EvaluationCase> cases(rows.size());
  for (size_t i = 0; i < cases.size(); ++i) cases[i].user = static_cast<int32_t>(i);
  const FixedScores recommender(rows);
  const SearchResult result = rank_by_scores(recommender, 300)({.cases = cases, .k = 25});
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<int32_t> order;
    for (int32_t item = 2; item < 300; ++item) order.push_back(item);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return rows[i][a] > rows[i][b]; });
    for (int j = 0; j < 25; ++j) EXPECT_EQ(result.positions[i * 25 + j], order[j]);
  }
}

// Vectors of small whole numbers: dot products are exact, and many are equal.
TEST(RankByScores, AgreesWithTheFlatIndex) {
  const int64_t items = 400, dim = 3, queries = 30, k = 20;
  Random random(8);
  const auto draw = [&](int64_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.below(7)) - 3;
    return values;
  };
  std::vector<float> vectors = draw(items * dim), users = draw(queries * dim);
  std::vector<std::vector<float>> rows(queries, std::vector<float>(items));
  std::vector<EvaluationCase> cases(queries);
  std::vector<int64_t> exclude_offsets = {0}, target_offsets = {0};
  std::vector<int32_t> exclude, targets;
  for (int64_t q = 0; q < queries; ++q) {
    cases[q].user = static_cast<int32_t>(q);
    for (int64_t i = 0; i < items; ++i) {
      for (int64_t d = 0; d < dim; ++d) rows[q][i] += users[q * dim + d] * vectors[i * dim + d];
    }
    exclude.insert(exclude.end(), {0, 1});
    for (int64_t j = 0; j < q % 4 * 20; ++j) exclude.push_back(static_cast<int32_t>(random.below(items)));
    for (int64_t j = 0; j < 5; ++j) targets.push_back(static_cast<int32_t>(2 + random.below(items - 2)));
    exclude_offsets.push_back(static_cast<int64_t>(exclude.size()));
    target_offsets.push_back(static_cast<int64_t>(targets.size()));
  }
  std::vector<uint8_t> allowed(items);
  for (uint8_t& flag : allowed) flag = random.below(10) > 0;

  SearchQuery query;
  query.vectors = users, query.num_queries = queries, query.k = k;
  query.exclude = {exclude_offsets, exclude}, query.targets = {target_offsets, targets}, query.allowed = allowed;
  const SearchResult expected = FlatIndex(vectors, items, dim).search(query);
  const FixedScores recommender(rows);
  const SearchResult result = rank_by_scores(recommender, items)({.cases = cases, .k = k, .exclude = query.exclude, .targets = query.targets, .allowed = allowed});
  EXPECT_EQ(result.positions, expected.positions);
  EXPECT_EQ(result.scores, expected.scores);
  EXPECT_EQ(result.ranks, expected.ranks);
  EXPECT_EQ(result.ties, expected.ties);
}

TEST(RankByScores, SaysWhatIsWrong) {
  const std::vector<EvaluationCase> cases(1);
  const std::vector<int64_t> offsets = {0, 1}, short_offsets = {0};
  const std::vector<int32_t> targets = {7};
  const FixedScores nan({{0, 0, 1, NAN, 1}});
  const CaseRanker ranker = rank_by_scores(nan, 5);
  EXPECT_THROW(ranker({.cases = cases, .k = 1}), Error);
  EXPECT_THROW(ranker({.cases = cases, .k = 1, .targets = {offsets, targets}}), Error);
  EXPECT_THROW(ranker({.cases = cases, .k = 1, .targets = {short_offsets, {}}}), Error);
}

}  // namespace
}  // namespace rechub
