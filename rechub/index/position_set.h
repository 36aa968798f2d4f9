#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rechub {

// A set of positions as bits, with a list of its members, so that emptying it takes the time of filling it. Kept by a thread from query to query.
class PositionSet {
 public:
  // Empty, for positions below `size`.
  void start(int64_t size) {
    for (int32_t position : members_) words_[position >> 6] = 0;
    members_.clear();
    const auto needed = static_cast<size_t>(size + 63) / 64;
    if (words_.size() < needed) words_.resize(needed);
  }

  // False where it was in already.
  bool insert(int32_t position) {
    uint64_t& word = words_[position >> 6];
    const uint64_t bit = uint64_t{1} << (position & 63);
    if (word & bit) return false;
    word |= bit;
    members_.push_back(position);
    return true;
  }

  bool contains(int64_t position) const { return words_[position >> 6] >> (position & 63) & 1; }
  const std::vector<int32_t>& members() const { return members_; }  // each once, as they came

 private:
  std::vector<uint64_t> words_;
  std::vector<int32_t> members_;
};

}  // namespace rechub
