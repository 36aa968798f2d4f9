#include "rechub/eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rechub/base/error.h"

namespace rechub {
namespace {

double gain(double rank) { return 1.0 / std::log2(1.0 + rank); }

double ideal_gain(int64_t count) {
  double sum = 0;
  for (int64_t rank = 1; rank <= count; ++rank) sum += gain(static_cast<double>(rank));
  return sum;
}

std::span<const int32_t> first_items(std::span<const int32_t> list, int64_t k) {
  const auto shown = list.first(std::min<size_t>(list.size(), static_cast<size_t>(k)));
  const auto end = std::find_if(shown.begin(), shown.end(), [](int32_t item) { return item < 0; });
  return shown.first(static_cast<size_t>(end - shown.begin()));
}

}  // namespace

RankingMetrics ranking_metrics(std::span<const double> ranks, int64_t num_relevant, int64_t k) {
  RankingMetrics result;
  double hits = 0, gains = 0, first = 0;
  for (double rank : ranks) {
    if (!(rank <= static_cast<double>(k))) continue;
    hits += 1;
    gains += gain(rank);
    first = std::max(first, 1.0 / rank);
  }
  if (hits == 0) return result;
  result.hit = 1;
  result.recall = hits / static_cast<double>(num_relevant);
  result.precision = hits / static_cast<double>(k);
  result.ndcg = gains / ideal_gain(std::min(k, num_relevant));
  result.mrr = first;
  return result;
}

void spread_tied_ranks(std::span<double> ranks, std::span<const int32_t> ties) {
  if (ranks.size() < 2) return;
  std::vector<size_t> order(ranks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return ranks[a] < ranks[b]; });
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const double middle = ranks[order[begin]];
    while (end < order.size() && ranks[order[end]] == middle) ++end;
    const double places = 1.0 + ties[order[begin]];
    const double better = middle - 0.5 * (places + 1);
    const double step = (places + 1) / static_cast<double>(end - begin + 1);
    for (size_t j = begin; j < end; ++j) ranks[order[j]] = better + step * static_cast<double>(j - begin + 1);
  }
}

ListStatistics::ListStatistics(std::span<const int64_t> item_counts, std::span<const float> item_vectors) : item_vectors_(item_vectors), information_(item_counts.size()) {
  const double total = std::max(1.0, std::accumulate(item_counts.begin(), item_counts.end(), 0.0));
  for (size_t item = 0; item < item_counts.size(); ++item) {
    information_[item] = static_cast<float>(std::log2(total / static_cast<double>(std::max<int64_t>(item_counts[item], 1))));
  }
  if (item_vectors.empty()) return;
  check(!item_counts.empty() && item_vectors.size() % item_counts.size() == 0, ErrorKind::kShape, "expected item vectors for {} item rows, got {} numbers", item_counts.size(),
        item_vectors.size());
  dim_ = static_cast<int64_t>(item_vectors.size() / item_counts.size());
  inverse_norms_.resize(item_counts.size());
  for (size_t item = 0; item < item_counts.size(); ++item) {
    double squares = 0;
    for (float value : item_vectors.subspan(item * dim_, dim_)) squares += static_cast<double>(value) * value;
    inverse_norms_[item] = squares > 0 ? 1.0 / std::sqrt(squares) : 0.0;
  }
}

double ListStatistics::novelty(std::span<const int32_t> list, int64_t k) const {
  const auto items = first_items(list, k);
  if (items.empty()) return 0;
  double sum = 0;
  for (int32_t item : items) sum += information_[item];
  return sum / static_cast<double>(items.size());
}

// The cosines of all pairs add up to (|sum of the unit vectors|^2 - number of unit vectors) / 2.
double ListStatistics::intra_list_distance(std::span<const int32_t> list, int64_t k) const {
  const auto items = first_items(list, k);
  if (items.size() < 2 || !has_vectors()) return 0;
  std::vector<double> sum(dim_);
  double units = 0;
  for (int32_t item : items) {
    const double scale = inverse_norms_[item];
    const float* vector = item_vectors_.data() + static_cast<int64_t>(item) * dim_;
    for (int64_t d = 0; d < dim_; ++d) sum[d] += scale * vector[d];
    units += scale > 0;
  }
  const double squared = std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0);
  const double pairs = 0.5 * static_cast<double>(items.size()) * static_cast<double>(items.size() - 1);
  return 1.0 - 0.5 * (squared - units) / pairs;
}

}  // namespace rechub
