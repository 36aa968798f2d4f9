#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace rechub {

struct ScoredPosition {
  float score;
  int32_t position;
};

// The k first of a stream of scored positions: best score first, equal scores by position. Positions must come in ascending order from any one source, so that a score equal to the
// k-th best so far can be refused. Scores are not NaN.
class TopK {
 public:
  explicit TopK(int64_t k) : k_(k), threshold_(k > 0 ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity()) {}

  // Only scores above this can enter; -infinity never does.
  float threshold() const { return threshold_; }

  // Positions are offset + positions[i].
  void add(const float* scores, const int32_t* positions, int64_t count, int64_t offset) {
    for (int64_t i = 0; i < count; ++i) keys_.push_back(key_of(scores[i], static_cast<uint32_t>(offset + positions[i])));
    if (static_cast<int64_t>(keys_.size()) >= 2 * k_ + kSlack) shrink();
  }

  // Takes over what another stream kept.
  void merge(const TopK& other) { keys_.insert(keys_.end(), other.keys_.begin(), other.keys_.end()); }

  // At most k, in order.
  std::vector<ScoredPosition> sorted() && {
    shrink();
    std::sort(keys_.begin(), keys_.end());
    std::vector<ScoredPosition> best;
    best.reserve(keys_.size());
    for (uint64_t key : keys_) best.push_back({score_of(key), static_cast<int32_t>(key)});
    return best;
  }

 private:
  static constexpr int64_t kSlack = 16;  // shrinking each time one is found would cost more than the few extra finds

  // One whole number that is smaller the earlier the pair comes: the score's bits, turned so that better scores are smaller, above the position. -0 counts as 0.
  static uint64_t key_of(float score, uint32_t position) {
    const auto bits = std::bit_cast<uint32_t>(score + 0.0f);
    const uint32_t descending = bits >> 31 ? bits : bits ^ 0x7fffffffu;
    return uint64_t{descending} << 32 | position;
  }
  static float score_of(uint64_t key) {
    const auto descending = static_cast<uint32_t>(key >> 32);
    return std::bit_cast<float>(descending >> 31 ? descending : descending ^ 0x7fffffffu);
  }

  void shrink() {
    if (static_cast<int64_t>(keys_.size()) <= k_) return;
    if (k_ > 0) {
      std::nth_element(keys_.begin(), keys_.begin() + (k_ - 1), keys_.end());
      threshold_ = score_of(keys_[k_ - 1]);
    }
    keys_.resize(k_);
  }

  int64_t k_;
  float threshold_;
  std::vector<uint64_t> keys_;
};

}  // namespace rechub
