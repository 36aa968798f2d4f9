#pragma once

#include <span>
#include <vector>

#include "rechub/base/options.h"
#include "rechub/eval/recommender.h"

namespace rechub {

struct EaseOptions {
  double l2 = 100;  // lambda below; denser data want more
  void describe(OptionVisitor& visitor);
};

// EASE^R, a linear model of the items of a user that has a closed form (Steck, WWW 2019, equations 6 to 8), for catalogues whose square fits the memory.
//
//   X [users, items]: 1 where the user has the item in training        P = (X'X + lambda I)^-1
//   B = I - P diag(1 / diag P)                                          that is B_ij = -P_ij / P_jj, and B_jj = 0
//   score(j) = sum over the distinct items i of the history of B_ij
//
// The order of a history and repeats in it do not count. Items without training events have no column: they score the lowest float, below all others. A history without training
// items gets popularity: the items' training occurrences. Memory: 4 bytes for each pair of items that have training events, and 3 kB an item while fitting; time grows with the
// cube of these items.
class Ease : public Recommender {
 public:
  // As ItemKnn's. Throws kUsage for an l2 that is not above 0.
  Ease(std::span<const int32_t> items, std::span<const int64_t> user_begin, std::span<const int64_t> train_end, std::span<const int64_t> item_counts,
       const EaseOptions& options = {});
  void score(const EvaluationCase& question, std::span<float> scores) const override;

  float weight(int32_t from, int32_t to) const;  // B of two items; 0 where one of them has no training events

  // The most memory that fitting takes, in bytes.
  static int64_t fit_bytes(std::span<const int64_t> item_counts);

 private:
  std::span<const int32_t> items_;
  std::vector<int32_t> columns_;       // [item_rows] an item's row and column of weights_, -1 without training events
  std::vector<int32_t> column_items_;  // [columns]
  std::vector<float> popularity_;      // [columns]
  std::vector<float> weights_;         // [columns, columns] B
};

}  // namespace rechub
