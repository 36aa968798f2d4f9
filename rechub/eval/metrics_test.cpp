#include "rechub/eval/metrics.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace rechub {
namespace {

TEST(RankingMetrics, OneRelevantItemByHand) {
  const double ranks[] = {3};
  const RankingMetrics at2 = ranking_metrics(ranks, 1, 2), at3 = ranking_metrics(ranks, 1, 3);
  EXPECT_EQ(at2.hit + at2.recall + at2.precision + at2.ndcg + at2.mrr, 0);
  EXPECT_EQ(at3.hit, 1);
  EXPECT_EQ(at3.recall, 1);
  EXPECT_DOUBLE_EQ(at3.precision, 1.0 / 3);
  EXPECT_DOUBLE_EQ(at3.ndcg, 0.5);  // 1 / log2(4)
  EXPECT_DOUBLE_EQ(at3.mrr, 1.0 / 3);
}

TEST(RankingMetrics, SeveralRelevantItemsByHand) {
  const double ranks[] = {4, 1, 7};
  const RankingMetrics at4 = ranking_metrics(ranks, 3, 4);
  EXPECT_EQ(at4.hit, 1);
  EXPECT_DOUBLE_EQ(at4.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(at4.precision, 0.5);
  EXPECT_DOUBLE_EQ(at4.ndcg, (1 + 1 / std::log2(5.0)) / (1 + 1 / std::log2(3.0) + 0.5));
  EXPECT_EQ(at4.mrr, 1);
  // With K = 1 the ideal holds one item only.
  EXPECT_EQ(ranking_metrics(ranks, 3, 1).ndcg, 1);
}

// Values of torch-rechub 0.9's self-test: lists {0 1}, {0 1}, {2 3} against {1 2}, {0 1 2}, {2 3}. Its "Hit" (5 / 7) is a pooled recall and has no counterpart here.
TEST(RankingMetrics, AgreesWithTorchRechubsHandComputedValues) {
  const std::vector<std::vector<double>> ranks = {{2}, {1, 2}, {1, 2}};
  const int64_t relevant[] = {2, 3, 2};
  RankingMetrics sum;
  for (size_t i = 0; i < ranks.size(); ++i) {
    const RankingMetrics one = ranking_metrics(ranks[i], relevant[i], 2);
    sum.hit += one.hit, sum.recall += one.recall, sum.precision += one.precision, sum.ndcg += one.ndcg, sum.mrr += one.mrr;
  }
  EXPECT_NEAR(sum.ndcg / 3, 0.7956, 5e-5);
  EXPECT_NEAR(sum.mrr / 3, 0.8333, 5e-5);
  EXPECT_NEAR(sum.recall / 3, 0.7222, 5e-5);
  EXPECT_NEAR(sum.precision / 3, 0.8333, 5e-5);
  EXPECT_EQ(sum.hit / 3, 1);
}

TEST(RankingMetrics, EqualScoresAreNoHit) {
  const double ranks[] = {1 + 0 + 0.5 * 99};  // 100 items, all with the same score
  EXPECT_EQ(ranking_metrics(ranks, 1, 10).hit, 0);
  EXPECT_EQ(ranking_metrics(ranks, 1, 50).hit, 0);
  EXPECT_DOUBLE_EQ(ranking_metrics(ranks, 1, 51).mrr, 1 / 50.5);
  EXPECT_DOUBLE_EQ(ranking_metrics(ranks, 1, 51).ndcg, 1 / std::log2(51.5));
}

TEST(RankingMetrics, ColdAndNeverReturnedItemsAreMisses) {
  const double ranks[] = {1, std::numeric_limits<double>::infinity()};
  const RankingMetrics metrics = ranking_metrics(ranks, 4, 10);  // two more relevant items are cold
  EXPECT_EQ(metrics.recall, 0.25);
  EXPECT_DOUBLE_EQ(metrics.ndcg, 1 / (1 + 1 / std::log2(3.0) + 0.5 + 1 / std::log2(5.0)));
  EXPECT_EQ(ranking_metrics({}, 2, 10).hit, 0);
}

TEST(SpreadTiedRanks, OneTargetKeepsTheMiddle) {
  double ranks[] = {3.5, 9};
  const int32_t ties[] = {1, 0};
  spread_tied_ranks(ranks, ties);
  EXPECT_EQ(ranks[0], 3.5);
  EXPECT_EQ(ranks[1], 9);
}

TEST(SpreadTiedRanks, AGroupOfTargetsOnlyTakesItsPlaces) {
  double ranks[] = {1, 4, 4, 4, 4, 4};  // places 2 .. 6
  const int32_t ties[] = {0, 4, 4, 4, 4, 4};
  spread_tied_ranks(ranks, ties);
  for (int i = 0; i < 6; ++i) EXPECT_DOUBLE_EQ(ranks[i], i + 1);
  EXPECT_DOUBLE_EQ(ranking_metrics(ranks, 6, 3).precision, 1);
  EXPECT_DOUBLE_EQ(ranking_metrics(ranks, 6, 3).ndcg, 1);
}

// The mean place of the j-th of two targets among four places, over the six equally likely pairs: (1+1+1+2+2+3)/6 = 5/3 and (2+3+4+3+4+4)/6 = 10/3.
TEST(SpreadTiedRanks, IsTheMeanOverRandomOrders) {
  double ranks[] = {2.5, 2.5};
  const int32_t ties[] = {3, 3};
  spread_tied_ranks(ranks, ties);
  EXPECT_DOUBLE_EQ(ranks[0], 5.0 / 3);
  EXPECT_DOUBLE_EQ(ranks[1], 10.0 / 3);
}

// torch-rechub 0.9's self-test: popularities .5, .3, .05, .01 and four vectors.
TEST(ListStatistics, AgreesWithTorchRechubsHandComputedValues) {
  const int64_t counts[] = {50, 30, 5, 1, 14};
  const float vectors[] = {1, 0, 0, 0.9f, 0.1f, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
  const ListStatistics statistics(counts, vectors);
  const int32_t lists[3][2] = {{0, 1}, {0, 1}, {2, 3}};
  double novelty1 = 0, novelty2 = 0, distance1 = 0, distance2 = 0;
  for (const auto& list : lists) {
    novelty1 += statistics.novelty(list, 1) / 3, novelty2 += statistics.novelty(list, 2) / 3;
    distance1 += statistics.intra_list_distance(list, 1), distance2 += statistics.intra_list_distance(list, 2) / 3;
  }
  EXPECT_NEAR(novelty1, 2.1073, 5e-5);
  EXPECT_NEAR(novelty2, 2.74, 5e-5);
  EXPECT_EQ(distance1, 0);
  EXPECT_NEAR(distance2, 0.3374, 5e-5);
}

TEST(ListStatistics, ShortListsUnseenItemsAndZeroVectors) {
  const int64_t counts[] = {0, 3, 1};
  const float vectors[] = {0, 0, 2, 0, -3, 0};
  const ListStatistics statistics(counts, vectors);
  const int32_t list[] = {0, 2, -1, -1};
  EXPECT_EQ(statistics.novelty(list, 4), 2);                      // both count as one of four occurrences
  EXPECT_NEAR(statistics.intra_list_distance(list, 4), 1, 1e-6);  // a zero vector
  const int32_t opposite[] = {1, 2}, nothing[] = {-1};
  EXPECT_NEAR(statistics.intra_list_distance(opposite, 2), 2, 1e-6);
  EXPECT_EQ(statistics.novelty(nothing, 1), 0);
}

}  // namespace
}  // namespace rechub
