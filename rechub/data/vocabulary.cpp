#include "rechub/data/vocabulary.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "rechub/base/error.h"
#include "rechub/data/string_hash.h"

namespace rechub {
namespace {

constexpr int64_t kMaxValues = std::numeric_limits<int32_t>::max() - kFirstIndex;

// The number `text` spells, if it is spelt as we would print it.
std::optional<int64_t> canonical_integer(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  const size_t first = text[0] == '-' ? 1 : 0;
  const bool is_zero = text == "0";
  if (!is_zero && (first == text.size() || text[first] < '1' || text[first] > '9')) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Digits {
  explicit Digits(int64_t value) : size(static_cast<size_t>(std::to_chars(buffer, buffer + sizeof buffer, value).ptr - buffer)) {}
  std::string_view view() const { return {buffer, size}; }
  char buffer[24];
  size_t size;
};

void check_room(int32_t size) { check(size < kMaxValues, ErrorKind::kData, "a vocabulary holds at most {} different values, and here is one more", kMaxValues); }

}  // namespace

std::string_view Vocabulary::string_at(int32_t index) const {
  const size_t row = static_cast<size_t>(index - kFirstIndex);
  const uint64_t begin = row == 0 ? 0 : ends_[row - 1];
  return std::string_view(bytes_).substr(begin, ends_[row] - begin);
}

int32_t Vocabulary::find_integer(int64_t value) const {
  const auto entry = integer_index_.find(value);
  return entry == integer_index_.end() ? kUnknownIndex : entry->second;
}

int32_t Vocabulary::add_integer(int64_t value) {
  const auto [entry, is_new] = integer_index_.try_emplace(value, rows());
  if (!is_new) return entry->second;
  check_room(size());
  integers_.push_back(value);
  return entry->second;
}

int32_t Vocabulary::find_string(std::string_view value) const {
  const auto entry = string_index_.find(string_hash(value));
  if (entry == string_index_.end()) return kUnknownIndex;
  const Place& place = entry->second;
  if (place.size == value.size() && std::memcmp(bytes_.data() + place.begin, value.data(), value.size()) == 0) return place.index;
  for (const int32_t index : collisions_) {
    if (string_at(index) == value) return index;
  }
  return kUnknownIndex;
}

int32_t Vocabulary::add_string(std::string_view value) {
  const int32_t known = find_string(value);
  if (known != kUnknownIndex) return known;
  check_room(size());
  const int32_t index = rows();
  const Place place{bytes_.size(), static_cast<uint32_t>(value.size()), index};
  bytes_.append(value);
  ends_.push_back(bytes_.size());
  if (!string_index_.try_emplace(string_hash(value), place).second) collisions_.push_back(index);
  return index;
}

void Vocabulary::become_string() {
  const std::vector<int64_t> integers = std::move(integers_);
  integers_.clear();
  integer_index_ = {};
  is_integer_ = false;
  for (const int64_t value : integers) add_string(Digits(value).view());
}

int32_t Vocabulary::add(std::string_view value) {
  if (is_integer_) {
    if (const auto number = canonical_integer(value)) return add_integer(*number);
    become_string();
  }
  return add_string(value);
}

int32_t Vocabulary::add(int64_t value) { return is_integer_ ? add_integer(value) : add_string(Digits(value).view()); }

int32_t Vocabulary::find(std::string_view value) const {
  if (!is_integer_) return find_string(value);
  const auto number = canonical_integer(value);
  return number ? find_integer(*number) : kUnknownIndex;
}

int32_t Vocabulary::find(int64_t value) const { return is_integer_ ? find_integer(value) : find_string(Digits(value).view()); }

std::string Vocabulary::text(int32_t index) const {
  check(index >= 0 && index < rows(), ErrorKind::kNotFound, "index {} is not in the vocabulary: it has the rows 0 to {}", index, rows() - 1);
  if (index < kFirstIndex) return "";
  if (is_integer_) return std::string(Digits(integers_[static_cast<size_t>(index - kFirstIndex)]).view());
  return std::string(string_at(index));
}

std::optional<int64_t> Vocabulary::integer(int32_t index) const {
  check(index >= 0 && index < rows(), ErrorKind::kNotFound, "index {} is not in the vocabulary: it has the rows 0 to {}", index, rows() - 1);
  if (index < kFirstIndex || !is_integer_) return std::nullopt;
  return integers_[static_cast<size_t>(index - kFirstIndex)];
}

}  // namespace rechub
