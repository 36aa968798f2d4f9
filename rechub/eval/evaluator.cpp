#include "rechub/eval/evaluator.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/eval/bootstrap.h"
#include "rechub/eval/metrics.h"
#include "rechub/eval/questions.h"
#include "rechub/eval/slices.h"

namespace rechub {
namespace {

constexpr int64_t kBatch = 1024;
constexpr size_t kNumRankingMetrics = std::size(kRankingMetricNames);

std::span<const EvaluationCase> find_cases(const Split& split, const std::string& which) {
  check(which == "valid" || which == "test", ErrorKind::kUsage, "expected the split to judge to be valid or test, got \"{}\"", which);
  return which == "valid" ? split.valid : split.test;
}

bool excludes_seen(const Dataset& dataset, const std::string& seen) { return seen == "auto" ? !dataset.has_repeats() : seen == "exclude"; }

std::vector<int64_t> distinct_cutoffs(std::vector<int64_t> k) {
  std::sort(k.begin(), k.end());
  k.erase(std::unique(k.begin(), k.end()), k.end());
  return k;
}

// The cases [begin, end) as a ranker is asked for them. Owns what the request's spans point to.
struct Batch {
  std::vector<int64_t> exclude_offsets = {0}, target_offsets;
  std::vector<int32_t> exclude;
  RankRequest request;
  Batch(const Batch&) = delete;

  Batch(const Questions& questions, std::span<const int32_t> items, int64_t begin, int64_t end, bool exclude_seen, int64_t k) {
    const int64_t first = questions.target_offsets[begin], last = questions.target_offsets[end];
    for (int64_t i = begin; i <= end; ++i) target_offsets.push_back(questions.target_offsets[i] - first);
    request.cases = std::span(questions.cases).subspan(begin, end - begin);
    request.k = k;
    request.targets = {target_offsets, std::span(questions.targets).subspan(first, last - first)};
    if (!exclude_seen) return;
    for (const EvaluationCase& question : request.cases) {
      exclude.insert(exclude.end(), items.begin() + question.history_begin, items.begin() + question.history_end);
      exclude_offsets.push_back(static_cast<int64_t>(exclude.size()));
    }
    request.exclude = {exclude_offsets, exclude};
  }
};

SearchResult ask(const CaseRanker& ranker, const RankRequest& request) {
  SearchResult answer = ranker(request);
  const size_t num_targets = request.targets.values.size(), list_entries = request.cases.size() * static_cast<size_t>(request.k);
  check(answer.ranks.size() == num_targets && answer.ties.size() == num_targets && answer.positions.size() == list_entries, ErrorKind::kInternal,
        "a ranker was asked for {} ranks and {} list entries and answered {} and {}", num_targets, list_entries, answer.ranks.size(), answer.positions.size());
  return answer;
}

// Sums up an Evaluation from the answers of the ranker, batch by batch.
class Judge {
 public:
  Judge(const Dataset& dataset, const Split& split, const Questions& questions, std::vector<int64_t> cutoffs, const EvaluationOptions& options, std::span<const float> item_vectors)
      : questions_(questions), cutoffs_(std::move(cutoffs)) {
    if (options.slices) slices_.emplace(split.item_counts, cutoffs_);
    if (options.beyond_accuracy) {
      statistics_.emplace(split.item_counts, item_vectors);
      shown_.assign(cutoffs_.size(), std::vector<uint8_t>(dataset.item_rows()));
    }
    name_columns();
    sums_.resize(names_.size());
    values_.assign(names_.size(), std::vector<float>(questions.size()));
  }

  int64_t list_length() const { return statistics_ ? cutoffs_.back() : 0; }

  void add(const Batch& batch, int64_t begin, SearchResult answer) {
    for (int64_t i = 0; i < static_cast<int64_t>(batch.request.cases.size()); ++i) {
      const int64_t slot = batch.target_offsets[i], count = batch.target_offsets[i + 1] - slot;
      judge_ranks(begin + i, std::span(answer.ranks).subspan(slot, count), std::span(answer.ties).subspan(slot, count));
      if (statistics_) judge_list(begin + i, std::span(answer.positions).subspan(i * batch.request.k, batch.request.k));
    }
  }

  void finish(Evaluation& evaluation) {
    for (size_t c = 0; c < sums_.size(); ++c) evaluation.metrics[names_[c]] = sums_[c] / static_cast<double>(questions_.size());
    for (size_t c = 0; c < shown_.size(); ++c) {
      const auto items = std::accumulate(shown_[c].begin(), shown_[c].end(), int64_t{0});
      evaluation.metrics[fmt::format("Coverage@{}", cutoffs_[c])] = static_cast<double>(items) / static_cast<double>(evaluation.num_items);
    }
    if (slices_) evaluation.slices = slices_->result();
    evaluation.num_ties = num_ties_;
    evaluation.case_metrics = std::move(values_);
    evaluation.case_metric_names = std::move(names_);
    evaluation.target_ranks = std::move(target_ranks_);
  }

 private:
  void name_columns() {
    for (int64_t k : cutoffs_) {
      for (const char* name : kRankingMetricNames) names_.push_back(fmt::format("{}@{}", name, k));
    }
    if (!statistics_) return;
    for (int64_t k : cutoffs_) names_.push_back(fmt::format("Novelty@{}", k));
    if (!statistics_->has_vectors()) return;
    for (int64_t k : cutoffs_) names_.push_back(fmt::format("IntraListDistance@{}", k));
  }

  void store(size_t column, int64_t i, double value) {
    sums_[column] += value;
    values_[column][i] = static_cast<float>(value);
  }

  void judge_ranks(int64_t i, std::span<double> ranks, std::span<const int32_t> ties) {
    num_ties_ += std::count_if(ties.begin(), ties.end(), [](int32_t count) { return count > 0; });
    spread_tied_ranks(ranks, ties);
    for (size_t c = 0; c < cutoffs_.size(); ++c) {
      const auto values = ranking_metrics(ranks, questions_.num_relevant(i), cutoffs_[c]).values();
      for (size_t m = 0; m < values.size(); ++m) store(c * kNumRankingMetrics + m, i, values[m]);
    }
    note_ranks(i, ranks);
    const EvaluationCase& question = questions_.cases[i];
    if (slices_) slices_->add(question.history_end - question.history_begin, questions_.targets_of(i), ranks, questions_.num_cold[i]);
  }

  void note_ranks(int64_t i, std::span<const double> ranks) {
    const int32_t user = questions_.cases[i].user;
    const auto targets = questions_.targets_of(i);
    for (size_t j = 0; j < targets.size(); ++j) target_ranks_.push_back({user, targets[j], static_cast<float>(ranks[j])});
    for (int32_t j = 0; j < questions_.num_cold[i]; ++j) target_ranks_.push_back({user, questions_.cold_targets[next_cold_++], 0});
  }

  void judge_list(int64_t i, std::span<const int32_t> list) {
    const size_t novelty = cutoffs_.size() * kNumRankingMetrics, distance = novelty + cutoffs_.size();
    for (size_t c = 0; c < cutoffs_.size(); ++c) {
      for (int32_t item : list.first(cutoffs_[c])) {
        if (item >= 0) shown_[c][item] = 1;
      }
      store(novelty + c, i, statistics_->novelty(list, cutoffs_[c]));
      if (statistics_->has_vectors()) store(distance + c, i, statistics_->intra_list_distance(list, cutoffs_[c]));
    }
  }

  const Questions& questions_;
  std::vector<int64_t> cutoffs_;
  std::optional<SliceMetrics> slices_;
  std::optional<ListStatistics> statistics_;
  std::vector<std::string> names_;           // [column]
  std::vector<double> sums_;                 // [column]
  std::vector<std::vector<float>> values_;   // [column][case]
  std::vector<std::vector<uint8_t>> shown_;  // [cut-off, item_rows] 1 for an item in any list
  std::vector<TargetRank> target_ranks_;
  size_t next_cold_ = 0;  // cases come in order
  int64_t num_ties_ = 0;
};

void describe_questions(const Questions& questions, Evaluation& evaluation) {
  for (const EvaluationCase& question : questions.cases) evaluation.case_users.push_back(question.user);
  evaluation.num_cases = questions.size();
  evaluation.num_users = static_cast<int64_t>(std::unordered_set<int32_t>(evaluation.case_users.begin(), evaluation.case_users.end()).size());
  evaluation.num_cold_targets = std::accumulate(questions.num_cold.begin(), questions.num_cold.end(), int64_t{0});
  evaluation.num_targets = static_cast<int64_t>(questions.targets.size()) + evaluation.num_cold_targets;
  evaluation.num_repeated_targets = questions.num_repeated_targets;
  evaluation.num_seen_targets = questions.num_seen_targets;
}

}  // namespace

Evaluation evaluate(const Dataset& dataset, const Split& split, const std::string& which, const CaseRanker& ranker, const EvaluationOptions& options,
                    std::span<const float> item_vectors) {
  options.validate();
  const auto cases = find_cases(split, which);
  const bool exclude_seen = excludes_seen(dataset, options.seen);
  const Questions questions = make_questions(cases, dataset.items(), split.item_counts, exclude_seen, dataset.weights());
  check(questions.size() > 0, ErrorKind::kData, "there is nothing to judge: the {} split ({}) has {} cases{}", which, split.protocol, cases.size(),
        cases.empty() ? "" : ", and all their targets are already in the histories; --keep-seen judges them, too");

  Judge judge(dataset, split, questions, distinct_cutoffs(options.k), options, item_vectors);
  for (int64_t begin = 0; begin < questions.size(); begin += kBatch) {
    check_interruption();
    const Batch batch(questions, dataset.items(), begin, std::min(begin + kBatch, questions.size()), exclude_seen, judge.list_length());
    judge.add(batch, begin, ask(ranker, batch.request));
  }

  Evaluation evaluation;
  evaluation.seen_excluded = exclude_seen;
  evaluation.split = which;
  evaluation.protocol = split.protocol;
  evaluation.num_items = dataset.num_items();
  describe_questions(questions, evaluation);
  judge.finish(evaluation);
  if (options.bootstrap > 0) {
    const auto intervals = bootstrap_means(evaluation.case_metrics, evaluation.case_users, options.bootstrap, static_cast<uint64_t>(options.bootstrap_seed));
    for (size_t c = 0; c < intervals.size(); ++c) evaluation.intervals[evaluation.case_metric_names[c]] = intervals[c];
  }
  return evaluation;
}

}  // namespace rechub
