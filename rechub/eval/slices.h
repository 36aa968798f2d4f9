#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rechub {

// Items by their share of the training events, as listed in evaluator.h.
enum class PopularityGroup : uint8_t { kHead, kTorso, kTail };
std::vector<PopularityGroup> popularity_groups(std::span<const int64_t> item_counts);  // [item_rows]; item_counts: training occurrences

// Ranking metrics on parts of the targets, as listed in evaluator.h.
class SliceMetrics {
 public:
  // item_counts: [item_rows] training occurrences.
  SliceMetrics(std::span<const int64_t> item_counts, std::vector<int64_t> cutoffs);

  // A judged case: its warm targets, their ranks, and the number of cold ones.
  void add(int64_t history_length, std::span<const int32_t> targets, std::span<const double> ranks, int64_t num_cold);

  // Slice name -> "cases", "targets" and the mean of each metric. Slices without a case are left out.
  std::map<std::string, std::map<std::string, double>> result() const;

 private:
  struct Sums {
    int64_t cases = 0, targets = 0;
    std::vector<double> metrics;  // [cut-off, ranking metric]
  };
  void add_to(const std::string& slice, std::span<const double> ranks, int64_t num_relevant);

  std::vector<int64_t> cutoffs_;
  std::vector<PopularityGroup> popularity_;  // [item_rows]
  std::map<std::string, Sums> sums_;
};

}  // namespace rechub
