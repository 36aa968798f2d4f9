#include "rechub/eval/slices.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "rechub/eval/metrics.h"

namespace rechub {
namespace {

constexpr size_t kNumRankingMetrics = std::size(kRankingMetricNames);
constexpr const char* kPopularityNames[] = {"popularity:head", "popularity:torso", "popularity:tail"};

const char* history_slice(int64_t length) {
  if (length == 0) return "history:0";
  if (length <= 2) return "history:1-2";
  if (length <= 5) return "history:3-5";
  if (length <= 10) return "history:6-10";
  if (length <= 20) return "history:11-20";
  return "history:21+";
}

}  // namespace

// The item that crosses a border of the shares still belongs to the group above it.
std::vector<PopularityGroup> popularity_groups(std::span<const int64_t> item_counts) {
  std::vector<PopularityGroup> groups(item_counts.size(), PopularityGroup::kTail);
  std::vector<int32_t> order(item_counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return item_counts[a] > item_counts[b]; });
  const double total = std::accumulate(item_counts.begin(), item_counts.end(), 0.0);
  double before = 0;
  for (int32_t item : order) {
    groups[item] = before < 0.5 * total ? PopularityGroup::kHead : before < 0.8 * total ? PopularityGroup::kTorso : PopularityGroup::kTail;
    before += static_cast<double>(item_counts[item]);
  }
  return groups;
}

SliceMetrics::SliceMetrics(std::span<const int64_t> item_counts, std::vector<int64_t> cutoffs) : cutoffs_(std::move(cutoffs)), popularity_(popularity_groups(item_counts)) {}

void SliceMetrics::add(int64_t history_length, std::span<const int32_t> targets, std::span<const double> ranks, int64_t num_cold) {
  const auto num_warm = static_cast<int64_t>(targets.size());
  add_to(history_slice(history_length), ranks, num_warm + num_cold);
  if (num_cold > 0) add_to("target:cold", {}, num_cold);
  if (num_warm == 0) return;
  add_to("target:warm", ranks, num_warm);
  for (PopularityGroup group : {PopularityGroup::kHead, PopularityGroup::kTorso, PopularityGroup::kTail}) {
    std::vector<double> group_ranks;
    for (size_t t = 0; t < targets.size(); ++t) {
      if (popularity_[targets[t]] == group) group_ranks.push_back(ranks[t]);
    }
    if (!group_ranks.empty()) add_to(kPopularityNames[static_cast<size_t>(group)], group_ranks, static_cast<int64_t>(group_ranks.size()));
  }
}

void SliceMetrics::add_to(const std::string& slice, std::span<const double> ranks, int64_t num_relevant) {
  Sums& sums = sums_[slice];
  sums.metrics.resize(cutoffs_.size() * kNumRankingMetrics);
  ++sums.cases;
  sums.targets += num_relevant;
  for (size_t c = 0; c < cutoffs_.size(); ++c) {
    const auto values = ranking_metrics(ranks, num_relevant, cutoffs_[c]).values();
    for (size_t m = 0; m < values.size(); ++m) sums.metrics[c * kNumRankingMetrics + m] += values[m];
  }
}

std::map<std::string, std::map<std::string, double>> SliceMetrics::result() const {
  std::map<std::string, std::map<std::string, double>> slices;
  for (const auto& [name, sums] : sums_) {
    auto& slice = slices[name];
    slice["cases"] = static_cast<double>(sums.cases);
    slice["targets"] = static_cast<double>(sums.targets);
    for (size_t i = 0; i < sums.metrics.size(); ++i) {
      const std::string metric = fmt::format("{}@{}", kRankingMetricNames[i % kNumRankingMetrics], cutoffs_[i / kNumRankingMetrics]);
      slice[metric] = sums.metrics[i] / static_cast<double>(sums.cases);
    }
  }
  return slices;
}

}  // namespace rechub
