#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace rechub {

// Both halves of the 128-bit product, folded: every input bit reaches every output bit.
inline uint64_t multiply_fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// A fast 64-bit hash for indices in memory, eight bytes a step. No protection against keys that were chosen to collide, and not to be stored: it depends on the byte order.
inline constexpr uint64_t kHashFactor = 0x9e3779b97f4a7c15, kHashEnd = 0xd6e8feb86659fd93;

inline uint64_t string_hash(std::string_view value) {
  uint64_t hash = value.size() * kHashEnd + kHashFactor;
  const char* at = value.data();
  size_t left = value.size();
  uint64_t word = 0;
  for (; left >= 8; at += 8, left -= 8) {
    std::memcpy(&word, at, 8);
    hash = multiply_fold(hash ^ word, kHashFactor);
  }
  word = 0;
  if (left > 0) std::memcpy(&word, at, left);
  return multiply_fold(hash ^ word, kHashEnd);
}

}  // namespace rechub
