#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace rechub {

// The five metrics of one list at one cut-off, from the ranks of its relevant items. Means over cases are the evaluator's.
struct RankingMetrics {
  double hit = 0;        // 1 if any relevant item has rank <= K
  double recall = 0;     // such items / relevant items
  double precision = 0;  // such items / K, also where the list is shorter
  double ndcg = 0;       // sum of 1 / log2(1 + rank) over them, divided by the same sum over the ranks 1 .. min(K, relevant items) (Jarvelin and Kekalainen 2002, binary gains)
  double mrr = 0;        // 1 / rank of the first of them

  std::array<double, 5> values() const { return {hit, recall, precision, ndcg, mrr}; }  // in the order of kRankingMetricNames
};
inline constexpr const char* kRankingMetricNames[] = {"Hit", "Recall", "Precision", "NDCG", "MRR"};

// `ranks` holds one rank for each relevant item that could be ranked, in any order; the other relevant items (num_relevant - ranks.size(), the cold ones) are misses. num_relevant
// > 0. A rank is a place in the full list: relevant items above count as any other item does, as in a list that is shown. Ranks may be fractions (ties) or infinite (never
// returned).
RankingMetrics ranking_metrics(std::span<const double> ranks, int64_t num_relevant, int64_t k);

// Ranks of several relevant items that share a score. A ranker gives each the middle of its group of equal scores (1 + better + ties / 2), which would let five relevant items in
// one group of five all have rank 3 and K = 3 hold five of them. Here the m relevant ones among the group's t places get the ranks better + j * (t + 1) / (m + 1), j = 1 .. m: what
// a random order of equal scores gives the j-th best of them on average. For m = 1 that is the middle, for m = t the places themselves, and ranks are never less than one apart.
// `ties` is the number of other positions with the same score, one for each rank. Entries of equal rank are taken in the order given.
void spread_tied_ranks(std::span<double> ranks, std::span<const int32_t> ties);

// Beyond accuracy, over the lists of a run: how much of the catalogue is shown, how unpopular it is and how different the items of a list are. Positions below 0 end a list.
class ListStatistics {
 public:
  // item_counts: [item_rows] training occurrences. item_vectors: [item_rows, dim] or empty, then there are no distances. Both must outlive this object.
  ListStatistics(std::span<const int64_t> item_counts, std::span<const float> item_vectors);

  // Mean -log2(training occurrences of the item / all training occurrences) over the first k items of the list (mean self-information, Zhou et al. 2010). An item without training
  // occurrences counts as one that occurred once. 0 for an empty list.
  double novelty(std::span<const int32_t> list, int64_t k) const;

  // Mean of 1 - cosine over the pairs of the first k items (intra-list distance, Zhang and Hurley 2008). 0 where there is no pair; a zero vector is at distance 1 of everything.
  double intra_list_distance(std::span<const int32_t> list, int64_t k) const;

  bool has_vectors() const { return !item_vectors_.empty(); }

 private:
  std::span<const float> item_vectors_;
  int64_t dim_ = 0;
  std::vector<float> information_;     // [item_rows] -log2 of the share
  std::vector<double> inverse_norms_;  // [item_rows] 0 for a zero vector
};

}  // namespace rechub
