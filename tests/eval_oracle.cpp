// Judges scores given as JSON on standard input and prints the metrics of every case, for tests that compare them with other libraries:
//   {"scores": [[item_rows] a case], "relevant": [[items] a case], "exclude": [[items] a case], "k": [5, 10], "item_counts": [item_rows], "item_vectors": [[dim] an item row]}
// gives {"NDCG@5": [a case], ..., "Novelty@5": [...], "IntraListDistance@5": [...], "lists": [[items] a case]}.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/eval/metrics.h"
#include "rechub/eval/recommender.h"

namespace {

using nlohmann::json;
using namespace rechub;

class GivenScores : public Recommender {
 public:
  explicit GivenScores(std::vector<std::vector<float>> rows) : rows_(std::move(rows)) {}
  void score(const EvaluationCase& question, std::span<float> scores) const override { std::copy(rows_[question.user].begin(), rows_[question.user].end(), scores.begin()); }

 private:
  std::vector<std::vector<float>> rows_;
};

struct OwnedLists {
  explicit OwnedLists(const json& lists) {
    for (const auto& list : lists) {
      for (int32_t item : list) values.push_back(item);
      offsets.push_back(static_cast<int64_t>(values.size()));
    }
  }
  Lists view() const { return {offsets, values}; }
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> values;
};

json judge(const json& input) {
  const auto scores = input.at("scores").get<std::vector<std::vector<float>>>();
  const auto cutoffs = input.at("k").get<std::vector<int64_t>>();
  const auto item_counts = input.at("item_counts").get<std::vector<int64_t>>();
  std::vector<float> vectors;
  for (const auto& row : input.at("item_vectors")) vectors.insert(vectors.end(), row.begin(), row.end());
  const OwnedLists relevant(input.at("relevant")), exclude(input.at("exclude"));
  std::vector<EvaluationCase> cases(scores.size());
  for (size_t i = 0; i < cases.size(); ++i) cases[i].user = static_cast<int32_t>(i);

  const GivenScores recommender(scores);
  const int64_t length = *std::max_element(cutoffs.begin(), cutoffs.end());
  SearchResult answer = rank_by_scores(recommender, static_cast<int64_t>(item_counts.size()))({.cases = cases, .k = length, .exclude = exclude.view(), .targets = relevant.view()});
  const ListStatistics statistics(item_counts, vectors);
  json output;
  for (size_t i = 0; i < cases.size(); ++i) {
    const int64_t slot = relevant.offsets[i], count = relevant.offsets[i + 1] - slot;
    const auto ranks = std::span(answer.ranks).subspan(slot, count);
    const auto list = std::span(answer.positions).subspan(i * length, length);
    spread_tied_ranks(ranks, std::span(answer.ties).subspan(slot, count));
    output["lists"].push_back(std::vector<int32_t>(list.begin(), list.end()));
    for (int64_t k : cutoffs) {
      const auto values = ranking_metrics(ranks, count, k).values();
      for (size_t m = 0; m < values.size(); ++m) output[fmt::format("{}@{}", kRankingMetricNames[m], k)].push_back(values[m]);
      output[fmt::format("Novelty@{}", k)].push_back(statistics.novelty(list, k));
      output[fmt::format("IntraListDistance@{}", k)].push_back(statistics.intra_list_distance(list, k));
    }
  }
  return output;
}

}  // namespace

int main() {
  try {
    std::cout << judge(json::parse(std::cin)) << '\n';
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eval_oracle: %s\n", error.what());
    return 1;
  }
}
