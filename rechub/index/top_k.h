#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace rechub {

struct ScoredPosition {
  float score;
  int32_t position;
};

// The order of results: best score first, equal scores by position.
inline bool ranks_before(const ScoredPosition& a, const ScoredPosition& b) { return a.score > b.score || (a.score == b.score && a.position < b.position); }

// The k first of a stream of scored positions. Positions must come in ascending order from any one source, so that a score equal to the k-th best so far can be refused.
class TopK {
 public:
  explicit TopK(int64_t k) : k_(k), threshold_(k > 0 ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity()) {}

  // Only scores above this can enter; -infinity never does.
  float threshold() const { return threshold_; }

  // Positions are offset + positions[i].
  void add(const float* scores, const int32_t* positions, int64_t count, int64_t offset) {
    for (int64_t i = 0; i < count; ++i) kept_.push_back({scores[i], static_cast<int32_t>(offset + positions[i])});
    if (static_cast<int64_t>(kept_.size()) >= 2 * k_ + kSlack) shrink();
  }

  // Takes over what another stream kept.
  void merge(const TopK& other) { kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end()); }

  // At most k, in order.
  std::vector<ScoredPosition> sorted() && {
    shrink();
    std::sort(kept_.begin(), kept_.end(), ranks_before);
    return std::move(kept_);
  }

 private:
  static constexpr int64_t kSlack = 16;  // shrinking each time one is found would cost more than the few extra finds

  void shrink() {
    if (static_cast<int64_t>(kept_.size()) <= k_) return;
    if (k_ > 0) {
      std::nth_element(kept_.begin(), kept_.begin() + (k_ - 1), kept_.end(), ranks_before);
      threshold_ = kept_[k_ - 1].score;
    }
    kept_.resize(k_);
  }

  int64_t k_;
  float threshold_;
  std::vector<ScoredPosition> kept_;
};

}  // namespace rechub
