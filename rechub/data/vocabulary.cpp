#include "rechub/data/vocabulary.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <type_traits>

#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr size_t kSmallestIndex = 16;
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

// Both halves of the 128-bit product, folded: every input bit reaches every output bit.
uint64_t fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

constexpr uint64_t kOdd1 = 0x9e3779b97f4a7c15, kOdd2 = 0xd6e8feb86659fd93;

uint64_t hash_of(int64_t value) { return fold(static_cast<uint64_t>(value) ^ kOdd2, kOdd1); }

uint64_t hash_of(std::string_view value) {
  uint64_t hash = value.size() * kOdd2 + kOdd1;
  const char* at = value.data();
  size_t left = value.size();
  uint64_t word = 0;
  for (; left >= 8; at += 8, left -= 8) {
    std::memcpy(&word, at, 8);
    hash = fold(hash ^ word, kOdd1);
  }
  word = 0;
  if (left > 0) std::memcpy(&word, at, left);
  return fold(hash ^ word, kOdd2);
}

uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

}  // namespace

std::string_view Vocabulary::string_at(int32_t index) const {
  const size_t row = static_cast<size_t>(index - kFirstIndex);
  const uint64_t begin = row == 0 ? 0 : ends_[row - 1];
  return std::string_view(bytes_).substr(begin, ends_[row] - begin);
}

template <class Value>
bool Vocabulary::holds(int32_t index, Value value) const {
  if constexpr (std::is_same_v<Value, int64_t>) {
    return integers_[static_cast<size_t>(index - kFirstIndex)] == value;
  } else {
    return string_at(index) == value;
  }
}

template <class Value>
size_t Vocabulary::locate(Value value, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  const uint32_t tag = tag_of(hash);
  size_t place = hash & mask;
  while (slots_[place].index != 0 && !(slots_[place].tag == tag && holds(slots_[place].index, value))) place = (place + 1) & mask;
  return place;
}

template <class Value>
int32_t Vocabulary::find_value(Value value) const {
  if (slots_.empty()) return kUnknownIndex;
  const int32_t index = slots_[locate(value, hash_of(value))].index;
  return index == 0 ? kUnknownIndex : index;
}

template <class Value>
int32_t Vocabulary::add_value(Value value) {
  if (2 * (static_cast<size_t>(size()) + 1) > slots_.size()) grow();
  const uint64_t hash = hash_of(value);
  Slot& slot = slots_[locate(value, hash)];
  if (slot.index != 0) return slot.index;
  check(size() < kMaxValues, ErrorKind::kData, "a vocabulary holds at most {} different values, and here is one more: {}", kMaxValues, value);
  append(value);
  slot = {tag_of(hash), rows() - 1};
  return slot.index;
}

void Vocabulary::append(std::string_view value) {
  bytes_.append(value);
  ends_.push_back(bytes_.size());
}

// Twice the slots; every value moves to its new place.
void Vocabulary::grow() {
  const size_t count = slots_.empty() ? kSmallestIndex : 2 * slots_.size();
  slots_.assign(count, Slot{});
  for (int32_t index = kFirstIndex; index < rows(); ++index) {
    const uint64_t hash = is_integer_ ? hash_of(integers_[static_cast<size_t>(index - kFirstIndex)]) : hash_of(string_at(index));
    size_t place = hash & (count - 1);
    while (slots_[place].index != 0) place = (place + 1) & (count - 1);
    slots_[place] = {tag_of(hash), index};
  }
}

void Vocabulary::become_string() {
  const std::vector<int64_t> integers = std::move(integers_);
  integers_.clear();
  is_integer_ = false;
  slots_.clear();
  for (const int64_t value : integers) add_value(Digits(value).view());
}

int32_t Vocabulary::add(std::string_view value) {
  if (is_integer_) {
    if (const auto number = canonical_integer(value)) return add_value(*number);
    become_string();
  }
  return add_value(value);
}

int32_t Vocabulary::add(int64_t value) { return is_integer_ ? add_value(value) : add_value(Digits(value).view()); }

int32_t Vocabulary::find(std::string_view value) const {
  if (!is_integer_) return find_value(value);
  const auto number = canonical_integer(value);
  return number ? find_value(*number) : kUnknownIndex;
}

int32_t Vocabulary::find(int64_t value) const { return is_integer_ ? find_value(value) : find_value(Digits(value).view()); }

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
