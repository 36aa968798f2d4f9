#include <algorithm>

#include "rechub/eval/recommender.h"

namespace rechub {
namespace {

// The same scores for everyone: how often an item occurs in training events.
class Popularity : public Recommender {
 public:
  explicit Popularity(std::span<const int64_t> item_counts) : scores_(item_counts.begin(), item_counts.end()) {}
  void score(const EvaluationCase&, std::span<float> scores) const override { std::copy(scores_.begin(), scores_.end(), scores.begin()); }

 private:
  std::vector<float> scores_;  // [item_rows]
};

}  // namespace

std::unique_ptr<Recommender> fit_popularity(const Dataset&, const Split& split) { return std::make_unique<Popularity>(split.item_counts); }

}  // namespace rechub
