#include "rechub/samplers/alias_table.h"

#include <cmath>

#include "rechub/base/error.h"

namespace rechub {

AliasTable::AliasTable(std::span<const double> weights) : threshold_(weights.size()), alias_(weights.size()) {
  double total = 0;
  for (double weight : weights) {
    check(std::isfinite(weight) && weight >= 0, ErrorKind::kData, "weights to draw by must be finite and not negative, got {}", weight);
    total += weight;
  }
  check(total > 0, ErrorKind::kData, "weights to draw by are all zero: no item occurs in training");
  std::vector<int64_t> small, large;
  for (size_t i = 0; i < weights.size(); ++i) {
    threshold_[i] = weights[i] * static_cast<double>(weights.size()) / total;
    alias_[i] = static_cast<int64_t>(i);
    (threshold_[i] < 1 ? small : large).push_back(static_cast<int64_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const int64_t below = small.back(), above = large.back();
    small.pop_back();
    alias_[below] = above;
    threshold_[above] -= 1 - threshold_[below];
    if (threshold_[above] < 1) {
      large.pop_back();
      small.push_back(above);
    }
  }
  // What rounding leaves over is 1 but for an error in the last bits, unless the weight is 0: such an entry must never be drawn.
  for (int64_t i : large) threshold_[i] = 1;
  for (int64_t i : small) threshold_[i] = weights[i] > 0 ? 1 : 0;
  int64_t heaviest = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > weights[heaviest]) heaviest = static_cast<int64_t>(i);
  }
  for (int64_t i : small) {
    if (weights[i] == 0) alias_[i] = heaviest;
  }
}

int64_t AliasTable::draw(Random& random) const {
  const auto i = static_cast<int64_t>(random.below(threshold_.size()));
  return random.uniform() < threshold_[i] ? i : alias_[i];
}

}  // namespace rechub
