#pragma once

#include <span>
#include <vector>

#include "rechub/base/options.h"
#include "rechub/eval/recommender.h"

namespace rechub {

// The defaults were chosen on validation items (Beauty and Sports by leave-one-out, Complete Journey by time): within 3 % of the best of a small grid on each of the three.
struct ItemKnnOptions {
  int64_t neighbours = 200;       // kept for each item
  double shrinkage = 20;          // lambda below: similarities that rest on few users shrink to zero
  double user_exponent = 0.25;    // beta below: how much less the items of a user with many of them say
  double recency = 0.75;          // rho below: 0 weights the whole history alike
  bool own_neighbour = false;     // an item is its own nearest neighbour: the item_knn of the table sets it where the data has repeat consumption
  int64_t max_user_items = 2000;  // a user's newest distinct items that count: bounds the time, which grows with the square of it
  void describe(OptionVisitor& visitor);
};

// Item-to-item nearest neighbours (Sarwar et al. 2001; Deshpande and Karypis 2004): the cosine of two items' vectors over users, shrunk, and the sum of the similarities to the
// history.
//
//   c(i, j) = sum over the users who have both in training of (number of their distinct items)^-beta
//   s(i, j) = c(i, j) / (sqrt(c(i, i) c(j, j)) + lambda)               the top `neighbours` j of each i are kept, equal ones in order of index
//   score(j) = sum over the distinct items i of the history of r^-rho s(i, j), r = 1 for the item that came last, 2 for the one before it, ...
//
// An item near to nothing in the history has -1 / (1 + training occurrences): below every neighbour, the popular ones first.
// Memory: 8 bytes a neighbour (at most item_rows x neighbours), 16 bytes an event, and while fitting 4 bytes an item and thread: the matrix of c is never stored.
class ItemKnn : public Recommender {
 public:
  // `items` are the events of the data set (it must outlive this object), user u's training events are [user_begin[u], train_end[u]); item_counts is [item_rows].
  ItemKnn(std::span<const int32_t> items, std::span<const int64_t> user_begin, std::span<const int64_t> train_end, std::span<const int64_t> item_counts,
          const ItemKnnOptions& options = {});
  void score(const EvaluationCase& question, std::span<float> scores) const override;

  struct Neighbour {
    int32_t item;
    float similarity;
  };
  // score() of the items that are near to something in a history (item rows, oldest first) from wherever it comes, in no particular order.
  std::vector<Neighbour> related(std::span<const int32_t> history) const;
  std::span<const Neighbour> neighbours(int32_t item) const { return neighbours_[item]; }  // most similar first

 private:
  template <class Add>
  void visit(std::span<const int32_t> history, const Add& add) const;
  ItemKnnOptions options_;
  std::span<const int32_t> items_;
  std::vector<float> unconnected_;                  // [item_rows]
  std::vector<std::vector<Neighbour>> neighbours_;  // [item_rows]
};

}  // namespace rechub
