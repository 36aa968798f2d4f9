#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace rechub {

// How often items come, learnt from a stream of batches in constant memory: streaming frequency estimation (Yi et al., RecSys 2019, Algorithm 2). A bucket keeps the step it was
// last hit, A, and a running mean of the gaps between hits, B <- (1 - rate) B + rate (step - A); an item's probability of being in a batch is 1 / B of its bucket. With several
// hashes each has buckets of its own and the longest gap counts, since a bucket that items share is hit too often. Not thread-safe.
class StreamingFrequency {
 public:
  // num_buckets: of each hash; 0: num_items buckets and no hashing, one an item. rate in (0, 1].
  StreamingFrequency(int64_t num_items, int64_t num_buckets, int64_t num_hashes, double rate);

  // Begins at probabilities that are known beforehand ([num_items]; 0: not known). Without it the first gap is taken as it is.
  void start(std::span<const double> probability);
  bool has_started() const;

  void observe(int64_t step, std::span<const int64_t> items);  // the distinct items of batch `step`, which grows from call to call, from 1
  double probability(int64_t item) const;                      // in (0, 1]; 1 for an item whose buckets were never hit

  std::span<double> last_hits() { return last_hit_; }  // A, [hashes x buckets]
  std::span<double> gaps() { return gap_; }            // B

 private:
  size_t bucket(int64_t item, int64_t hash) const;
  bool is_hashed_;
  int64_t num_items_, num_buckets_, num_hashes_;
  double rate_;
  std::vector<double> last_hit_, gap_;
};

}  // namespace rechub
