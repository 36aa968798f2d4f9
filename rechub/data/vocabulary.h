#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace rechub {

// Dense indices every vocabulary reserves: 0 pads, 1 stands for every value not seen when the vocabulary was built. Real values start at 2.
inline constexpr int32_t kPaddingIndex = 0;
inline constexpr int32_t kUnknownIndex = 1;
inline constexpr int32_t kFirstIndex = 2;

// Raw values (64-bit integers or UTF-8 strings) to dense indices 2, 3, ... in order of first appearance. Starts as an integer vocabulary and turns itself into a
// string vocabulary at the first value that is not a canonical whole number ("7" and "-3" are; "007", "1.0", "+1" are not), so no raw id ever changes its spelling.
// The number 7 and the text "7" are one value. Copies and moves are independent values. Not thread-safe while it grows; const calls are.
class Vocabulary {
 public:
  int32_t add(std::string_view value);  // the index of `value`, a new one if need be; throws kData beyond 2^31 - 3 values
  int32_t add(int64_t value);
  int32_t find(std::string_view value) const;  // kUnknownIndex where it is not there
  int32_t find(int64_t value) const;

  bool is_integer() const { return is_integer_; }
  int32_t rows() const { return size() + kFirstIndex; }  // two reserved rows + values: what an embedding table needs
  int32_t size() const { return static_cast<int32_t>(is_integer_ ? integers_.size() : ends_.size()); }
  std::string text(int32_t index) const;                // the raw value; "" for the two reserved rows; throws kNotFound outside [0, rows)
  std::optional<int64_t> integer(int32_t index) const;  // the raw value of an integer vocabulary, else nothing; throws as text does

  // Arrow IPC file with one column `id` (int64 or utf8), row i holding index i + 2; written whole or not at all. load throws kNotFound for a missing file, and kData for one that
  // is damaged, holds a value twice, a null, or text that is not UTF-8.
  void save(const std::string& path) const;
  static Vocabulary load(const std::string& path);

 private:
  struct Place {
    uint64_t begin = 0;  // in bytes_
    uint32_t size = 0;
    int32_t index = 0;
  };
  // The keys are hashes already.
  struct Unchanged {
    using is_avalanching = void;
    size_t operator()(uint64_t hash) const { return hash; }
  };
  std::string_view string_at(int32_t index) const;
  int32_t find_integer(int64_t value) const;
  int32_t add_integer(int64_t value);
  int32_t find_string(std::string_view value) const;
  int32_t add_string(std::string_view value);
  void become_string();

  bool is_integer_ = true;
  std::vector<int64_t> integers_;  // of an integer vocabulary
  boost::unordered_flat_map<int64_t, int32_t> integer_index_;
  std::string bytes_;  // of a string vocabulary: the values end to end
  std::vector<uint64_t> ends_;
  boost::unordered_flat_map<uint64_t, Place, Unchanged> string_index_;  // by string_hash
  std::vector<int32_t> collisions_;                                     // values whose hash belongs to an earlier value
};

}  // namespace rechub
