#include "rechub/samplers/streaming_frequency.h"

#include <algorithm>

#include "rechub/base/random.h"

namespace rechub {

StreamingFrequency::StreamingFrequency(int64_t num_items, int64_t num_buckets, int64_t num_hashes, double rate)
    : is_hashed_(num_buckets > 0),
      num_items_(num_items),
      num_buckets_(is_hashed_ ? num_buckets : num_items),
      num_hashes_(is_hashed_ ? num_hashes : 1),
      rate_(rate),
      last_hit_(num_buckets_ * num_hashes_),
      gap_(num_buckets_ * num_hashes_) {}

size_t StreamingFrequency::bucket(int64_t item, int64_t hash) const {
  if (!is_hashed_) return static_cast<size_t>(item);
  return static_cast<size_t>(hash * num_buckets_) + mix({static_cast<uint64_t>(hash), static_cast<uint64_t>(item)}) % static_cast<uint64_t>(num_buckets_);
}

void StreamingFrequency::start(std::span<const double> probability) {
  std::vector<double> hits(gap_.size());  // a batch: the items of a bucket together
  for (int64_t hash = 0; hash < num_hashes_; ++hash) {
    for (int64_t item = 0; item < num_items_; ++item) hits[bucket(item, hash)] += probability[item];
  }
  for (size_t i = 0; i < gap_.size(); ++i) gap_[i] = hits[i] > 0 ? 1 / hits[i] : 0;
}

bool StreamingFrequency::has_started() const {
  return std::any_of(gap_.begin(), gap_.end(), [](double gap) { return gap > 0; });
}

void StreamingFrequency::observe(int64_t step, std::span<const int64_t> items) {
  for (int64_t item : items) {
    for (int64_t hash = 0; hash < num_hashes_; ++hash) {
      const size_t at = bucket(item, hash);
      const double gap = static_cast<double>(step) - last_hit_[at];
      gap_[at] = gap_[at] > 0 ? (1 - rate_) * gap_[at] + rate_ * gap : gap;
      last_hit_[at] = static_cast<double>(step);
    }
  }
}

double StreamingFrequency::probability(int64_t item) const {
  double longest = 1;  // at least one batch lies between two
  for (int64_t hash = 0; hash < num_hashes_; ++hash) longest = std::max(longest, gap_[bucket(item, hash)]);
  return 1 / longest;
}

}  // namespace rechub
