#pragma once

#include <span>
#include <vector>

#include "rechub/eval/recommender.h"

namespace rechub {

// A user's own most frequent items in the history, equal counts by how recently the item came last; after them all other items by popularity. What a household buys next is mostly
// what it bought before, so this is the floor to beat wherever there is repeat consumption. With seen items excluded it is popularity. Scores: the j-th worst of a user's n items
// has j (1 .. n), any other item count / (largest count + 1), below 1.
class OwnFavourites : public Recommender {
 public:
  // items: the events of the data set, which must outlive this object. item_counts: [item_rows] training occurrences.
  OwnFavourites(std::span<const int32_t> items, std::span<const int64_t> item_counts);
  void score(const EvaluationCase& question, std::span<float> scores) const override;

 private:
  std::span<const int32_t> items_;
  std::vector<float> others_;  // [item_rows]
};

}  // namespace rechub
