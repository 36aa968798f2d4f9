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
// Not thread-safe while it grows; const calls are.
class Vocabulary {
 public:
  Vocabulary() = default;

  int32_t add(std::string_view value);               // the index of `value`, a new one if need be; throws kData beyond 2^31 - 3 values
  int32_t add(int64_t value);
  int32_t find(std::string_view value) const;        // kUnknownIndex where it is not there
  int32_t find(int64_t value) const;

  bool is_integer() const { return is_integer_; }
  int32_t rows() const;                              // two reserved rows + values: what an embedding table needs
  int32_t size() const { return rows() - kFirstIndex; }
  std::string text(int32_t index) const;             // the raw value; "" for the two reserved rows; throws kNotFound outside [0, rows)
  std::optional<int64_t> integer(int32_t index) const;  // the raw value of an integer vocabulary, else nothing

  // Arrow IPC file with one column `id` (int64 or utf8), row i holding index i + 2. load checks duplicates and the checksum-free structure; throws kData.
  void save(const std::string& path) const;
  static Vocabulary load(const std::string& path);

 private:
  void become_string();
  bool is_integer_ = true;
  std::vector<int64_t> integers_;
  boost::unordered_flat_map<int64_t, int32_t> integer_index_;
  // Strings lie end to end in one buffer; the map's keys are indices, hashed by their text (see vocabulary.cpp).
  std::string bytes_;
  std::vector<uint64_t> ends_;
  struct Hash {
    using is_transparent = void;
    const Vocabulary* owner;
    size_t operator()(int32_t index) const;
    size_t operator()(std::string_view value) const;
  };
  struct Equal {
    using is_transparent = void;
    const Vocabulary* owner;
    bool operator()(int32_t a, int32_t b) const { return a == b; }
    bool operator()(int32_t index, std::string_view value) const;
    bool operator()(std::string_view value, int32_t index) const;
  };
};

}  // namespace rechub
