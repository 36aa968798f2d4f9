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
  int64_t seed = 1;                      // of the bootstrap
  bool slices = false;                   // also by item popularity, by history length, cold and warm
  bool beyond_accuracy = false;          // also coverage, novelty and intra-list distance
  void describe(OptionVisitor& visitor);
};

// The judgement of one model on one set of cases. Metrics are means over cases: Hit@K, Recall@K (hits / number of relevant items), Precision@K, NDCG@K (binary gains, ideal =
// min(K, relevant)), MRR@K (first relevant); Coverage@K, Novelty@K (mean -log2 of the training share), IntraListDistance@K (mean 1 - cosine of item vectors) where asked for. A
// rank is 1 + better + half of the ties; a target counts for K when its rank is <= K, and its gain is 1 / log2(1 + rank).
struct Evaluation {
  std::map<std::string, double> metrics;                        // "NDCG@10" -> value
  std::map<std::string, std::pair<double, double>> intervals;   // percentile bootstrap over users, 95 %
  std::map<std::string, std::map<std::string, double>> slices;  // slice name -> metrics
  std::vector<std::vector<float>> case_metrics;                 // [metric in order of case_metric_names][case]: for paired comparisons
  std::vector<std::string> case_metric_names;
  int64_t num_cases = 0, num_targets = 0, num_ties = 0, num_cold_targets = 0;
  bool seen_excluded = true;
  std::string split;     // "valid" or "test"
  std::string protocol;  // Split::protocol

  // {"metrics", "intervals", "slices", "protocol": {"split", "seen": "excluded"|"kept", "users", "ties", "cold_targets", "split_protocol"}}
  nlohmann::json to_json() const;
};

// Exact full ranking of every case of split.valid or split.test. `item_vectors` ([item_rows, dim], may be empty) is needed for IntraListDistance only.
// Cold targets (split.item_counts == 0) are counted as misses whatever their score.
Evaluation evaluate(const Dataset& dataset, const Split& split, const std::string& which, const CaseRanker& ranker, const EvaluationOptions& options,
                    std::span<const float> item_vectors = {});

// Paired bootstrap over cases of metric(a) - metric(b): {difference, low, high} at 95 %. Throws kUsage if the two judged different cases.
struct PairedDifference {
  double difference, low, high;
};
PairedDifference compare(const Evaluation& a, const Evaluation& b, const std::string& metric, int64_t resamples = 1000, uint64_t seed = 1);

}  // namespace rechub
