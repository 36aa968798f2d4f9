#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/base/random.h"

namespace rechub {

// Draws i with probability weights[i] / sum in constant time (Walker 1977, Vose 1991). Weights are finite and not negative, with a positive sum; else throws kData.
class AliasTable {
 public:
  AliasTable() = default;
  explicit AliasTable(std::span<const double> weights);
  int64_t draw(Random& random) const;

 private:
  std::vector<double> threshold_;
  std::vector<int64_t> alias_;
};

}  // namespace rechub
