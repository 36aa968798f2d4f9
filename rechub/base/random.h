#pragma once

#include <cstdint>
#include <initializer_list>

namespace rechub {

// A 64-bit hash of a list of words (splitmix64 finaliser, chained). Pure: mix({seed, epoch, batch}) names a random stream.
uint64_t mix(std::initializer_list<uint64_t> words) noexcept;

// A small random generator (xoshiro256++, Blackman and Vigna 2019) seeded through splitmix64. Same seed, same numbers, on every machine.
// Not thread-safe: give each thread or batch its own.
class Random {
 public:
  explicit Random(uint64_t seed) noexcept;
  uint64_t next() noexcept;                 // 64 random bits
  uint64_t below(uint64_t bound) noexcept;  // uniform in [0, bound), unbiased (Lemire 2019); bound > 0
  double uniform() noexcept;                // uniform in [0, 1), 53 bits
  double normal() noexcept;                 // standard normal (Box-Muller, no cached second value, so that the state is these four words)

 private:
  uint64_t state_[4];
};

}  // namespace rechub
