#include "rechub/eval/ease.h"

#include <algorithm>
#include <limits>

#include <boost/unordered/unordered_flat_set.hpp>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/eval/symmetric_inverse.h"
#include "rechub/eval/user_items.h"

namespace rechub {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr int64_t kAllItems = std::numeric_limits<int64_t>::max();

}  // namespace

void EaseOptions::describe(OptionVisitor& visitor) { visitor.field("l2", l2, "added to the diagonal of the item-item matrix: larger trusts rare pairs less"); }

Ease::Ease(std::span<const int32_t> items, std::span<const int64_t> user_begin, std::span<const int64_t> train_end, std::span<const int64_t> item_counts,
           const EaseOptions& options)
    : items_(items), columns_(item_counts.size(), -1) {
  check(options.l2 > 0, ErrorKind::kUsage, "ease: expected an l2 above 0, got {}", options.l2);
  for (size_t item = 0; item < item_counts.size(); ++item) {
    if (item_counts[item] == 0) continue;
    columns_[item] = static_cast<int32_t>(column_items_.size());
    column_items_.push_back(static_cast<int32_t>(item));
    popularity_.push_back(static_cast<float>(item_counts[item]));
  }
  const auto n = static_cast<int64_t>(column_items_.size());
  const SparseRows users = distinct_items(items, user_begin, train_end, item_counts.size(), kAllItems);
  const SparseRows buyers = transposed(users, item_counts.size());
  weights_.assign(n * n, 0.0f);
  parallel_for(n, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      float* row = weights_.data() + i * n;
      for (int32_t user : buyers.row(column_items_[i])) {
        for (int32_t other : users.row(user)) {
          if (columns_[other] >= 0) row[columns_[other]] += 1;
        }
      }
      row[i] += static_cast<float>(options.l2);
    }
  });
  invert_symmetric(weights_, n);
  std::vector<float> diagonal(n);
  for (int64_t j = 0; j < n; ++j) diagonal[j] = weights_[j * n + j];
  parallel_for(n, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t j = 0; j < n; ++j) weights_[i * n + j] = i == j ? 0.0f : -weights_[i * n + j] / diagonal[j];
    }
  });
}

void Ease::score(const EvaluationCase& question, std::span<float> scores) const {
  const auto n = static_cast<int64_t>(column_items_.size());
  std::vector<float> sums(n);
  boost::unordered_flat_set<int32_t> met;
  for (int64_t event = question.history_begin; event < question.history_end; ++event) {
    const int32_t column = columns_[items_[event]];
    if (column < 0 || !met.insert(column).second) continue;
    for (int64_t j = 0; j < n; ++j) sums[j] += weights_[column * n + j];
  }
  std::fill(scores.begin(), scores.end(), kLowest);
  for (int64_t j = 0; j < n; ++j) scores[column_items_[j]] = met.empty() ? popularity_[j] : sums[j];
}

float Ease::weight(int32_t from, int32_t to) const {
  const auto n = static_cast<int64_t>(column_items_.size());
  return columns_[from] < 0 || columns_[to] < 0 ? 0 : weights_[columns_[from] * n + columns_[to]];
}

int64_t Ease::fit_bytes(std::span<const int64_t> item_counts) {
  const int64_t n = std::count_if(item_counts.begin(), item_counts.end(), [](int64_t count) { return count > 0; });
  return static_cast<int64_t>(sizeof(float)) * n * n + symmetric_inverse_workspace(n);
}

std::unique_ptr<Recommender> fit_ease(const Dataset& dataset, const Split& split) {
  return std::make_unique<Ease>(dataset.items(), dataset.user_begin(), split.train_end, split.item_counts);
}

int64_t ease_fit_bytes(const Split& split) { return Ease::fit_bytes(split.item_counts); }

}  // namespace rechub
