#include "rechub/matching/label_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace rechub::matching {

// The sum of the wanted rows' ranks (ties share their mean rank), less what it is when they all stand last, over the number of pairs (Mann and Whitney 1947).
double area_under_curve(std::span<const float> scores, std::span<const float> labels) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return scores[a] < scores[b]; });
  double wanted = 0, rank_sum = 0;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) ++end;
    const double mean_rank = 0.5 * static_cast<double>(begin + 1 + end);
    for (size_t i = begin; i < end; ++i) {
      if (labels[order[i]] > 0) wanted += 1, rank_sum += mean_rank;
    }
  }
  const double others = static_cast<double>(scores.size()) - wanted;
  if (wanted == 0 || others == 0) return std::numeric_limits<double>::quiet_NaN();
  return (rank_sum - wanted * (wanted + 1) / 2) / (wanted * others);
}

double log_loss(std::span<const float> logits, std::span<const float> labels) {
  double sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const double logit = logits[i];
    sum += std::max(logit, 0.0) + std::log1p(std::exp(-std::abs(logit))) - labels[i] * logit;
  }
  return sum / static_cast<double>(logits.size());
}

}  // namespace rechub::matching
