#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/base/options.h"
#include "rechub/eval/recommender.h"

namespace rechub {

struct EvaluationOptions {
  std::vector<int64_t> k = {5, 10, 20};  // cut-offs, all computed in one pass
  std::string seen = "auto";             // auto (excluded, unless the data has repeat consumption), exclude, keep
  int64_t bootstrap = 1000;              // resamples of users for the 95 % intervals; 0 for none
  int64_t bootstrap_seed = 1;            // of these resamples
  bool slices = false;                   // also by item popularity, by history length, cold and warm
  bool beyond_accuracy = false;          // also coverage, novelty and intra-list distance
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage for a value out of range, naming it
};

// The judgement of one model on one set of cases. Metrics are means over the judged cases: Hit@K, Recall@K, Precision@K, NDCG@K, MRR@K as in metrics.h; where asked for also
// Coverage@K (share of the catalogue in any list), Novelty@K and, with item vectors, IntraListDistance@K, over the lists of the top K.
//
// What is relevant in a case: the distinct items of its target range. With seen items excluded, targets that are already in the history are dropped (they cannot be answered) and
// counted; a case left without targets is not judged. Cold targets (no training events) stay relevant and are misses whatever their score. A rank is 1 + better + half of the ties
// (for several targets in one tie see spread_tied_ranks in metrics.h); a target counts for K when its rank is <= K.
//
// Slices, each with the ranking metrics and "cases" and "targets" (a target's rank is its rank in the full list; a case belongs to a slice if it has a target there):
//   popularity:head|torso|tail   warm targets; head holds the most popular items that make 50 % of the training events, torso those up to 80 %, tail the rest
//   history:0|1-2|3-5|6-10|11-20|21+   events in the history
//   target:warm|cold             in training events or not
// Where a relevant item of a judged case stands in the full list; 0 for one that was never seen in training.
struct TargetRank {
  int32_t user = 0, item = 0;
  float rank = 0;
};

struct Evaluation {
  std::map<std::string, double> metrics;                        // "NDCG@10" -> value
  std::map<std::string, std::pair<double, double>> intervals;   // percentile bootstrap over users, 95 %; the same names without Coverage@K
  std::map<std::string, std::map<std::string, double>> slices;  // slice name -> metrics
  std::vector<std::vector<float>> case_metrics;                 // [metric in order of case_metric_names][case]: for paired comparisons
  std::vector<std::string> case_metric_names;
  std::vector<int32_t> case_users;       // [case] judged cases only, in the order of the split
  std::vector<TargetRank> target_ranks;  // case by case, the warm targets of a case before its cold ones
  int64_t num_cases = 0, num_users = 0, num_items = 0;
  int64_t num_targets = 0;           // relevant items of all judged cases
  int64_t num_ties = 0;              // targets that share their score with another item
  int64_t num_cold_targets = 0;      // among num_targets
  int64_t num_repeated_targets = 0;  // events of target ranges not counted since the item came before in the range
  int64_t num_seen_targets = 0;      // targets dropped since they are in the history and seen items are excluded
  bool seen_excluded = true;
  std::string split;     // "valid" or "test"
  std::string protocol;  // Split::protocol

  // {"metrics", "intervals", "slices", "protocol": {"split", "split_protocol", "seen": "excluded"|"kept", "users", "cases", "targets", "items", "ties", "cold_targets",
  // "repeated_targets", "seen_targets"}, "protocol_line": as people read it, without a newline}
  nlohmann::json to_json() const;
};

// Exact full ranking of every case of split.valid or split.test (`which`). The ranker is asked in batches of at most 1024 cases, in order. `item_vectors` ([item_rows, dim], may be
// empty) is needed for IntraListDistance only. The result depends on the seed, not on the number of threads. Throws kUsage for an unknown `which`, `seen` or cut-off, kData where
// no case is left.
Evaluation evaluate(const Dataset& dataset, const Split& split, const std::string& which, const CaseRanker& ranker, const EvaluationOptions& options,
                    std::span<const float> item_vectors = {});

// Paired bootstrap over users of metric(a) - metric(b): {difference, low, high} at 95 %. Throws kUsage if the two judged different cases or do not have the metric.
struct PairedDifference {
  double difference, low, high;
};
PairedDifference compare(const Evaluation& a, const Evaluation& b, const std::string& metric, int64_t resamples = 1000, uint64_t seed = 1);

}  // namespace rechub
