#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace rechub {

// A 64-bit checksum (XXH3 with seed 0, the value `xxhsum -H3` prints) as 16 lower-case hex digits. It finds accidents, a flipped byte among them, with a chance of 2^-64 to miss
// one; it is no protection against a person who forges files. The same bytes give the same checksum in one piece or in many.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  void update(std::span<const std::byte> bytes);
  std::string hex() const;  // of all bytes so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

uint64_t checksum_value(std::span<const std::byte> bytes);  // the checksum as a number
std::string checksum_bytes(std::span<const std::byte> bytes);
std::string checksum_file(const std::string& path);  // throws kNotFound or kData naming the path and the system's reason

}  // namespace rechub
