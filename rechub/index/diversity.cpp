#include "rechub/index/diversity.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "rechub/base/error.h"

namespace rechub {
namespace {

// The candidates of one category, best first, and how many of them are chosen.
struct Category {
  std::vector<int64_t> candidates;
  int64_t num_chosen = 0;
  bool is_empty() const { return num_chosen == static_cast<int64_t>(candidates.size()); }
  int64_t next() const { return candidates[num_chosen]; }
};

}  // namespace

std::vector<int64_t> choose_diverse(std::span<const float> scores, std::span<const int32_t> categories, int64_t k, double weight) {
  check(scores.size() == categories.size(), ErrorKind::kShape, "expected a category for each of {} candidates, got {}", scores.size(), categories.size());
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  std::map<int32_t, Category> by_category;
  for (int64_t candidate : order) by_category[categories[candidate]].candidates.push_back(candidate);

  // Differences, so that neither an infinite weight nor a huge one hides the scores.
  const auto is_better = [&](const Category& a, const Category& b) {
    const double gain = static_cast<double>(scores[a.next()]) - scores[b.next()];
    const double difference = a.num_chosen == b.num_chosen ? gain : gain - weight * static_cast<double>(a.num_chosen - b.num_chosen);
    return difference > 0 || (difference == 0 && a.next() < b.next());
  };
  std::vector<int64_t> chosen;
  while (static_cast<int64_t>(chosen.size()) < k) {
    Category* best = nullptr;
    for (auto& [code, category] : by_category) {
      if (!category.is_empty() && (!best || is_better(category, *best))) best = &category;
    }
    if (!best) break;
    chosen.push_back(best->next());
    ++best->num_chosen;
  }
  return chosen;
}

}  // namespace rechub
