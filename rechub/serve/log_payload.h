#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rechub/base/error.h"

namespace rechub {

// What a log's record holds: values one after the other, each read back in the order it was written.
class PayloadWriter {
 public:
  void number(int64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  void text(std::string_view value) {
    number(static_cast<int64_t>(value.size()));
    bytes_.append(value);
  }
  void floats(std::span<const float> values) { text({reinterpret_cast<const char*>(values.data()), values.size_bytes()}); }
  const std::string& bytes() const { return bytes_; }
  static int64_t text_bytes(size_t size) { return static_cast<int64_t>(sizeof(int64_t) + size); }  // what a text of this size takes

 private:
  std::string bytes_;
};

// Throws kData where the payload ends early: the log's checksums are right then, but another program wrote it.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : bytes_(bytes) {}

  int64_t number() {
    int64_t value = 0;
    std::memcpy(&value, take(sizeof(value)).data(), sizeof(value));
    return value;
  }
  bool is_at_end() const { return bytes_.empty(); }
  std::string_view text() { return take(static_cast<uint64_t>(number())); }
  void floats(std::vector<float>& values) {
    const std::string_view bytes = text();
    check(bytes.size() % sizeof(float) == 0, ErrorKind::kData, "a record of the log holds {} bytes of numbers of {}: another version wrote it", bytes.size(), sizeof(float));
    values.resize(bytes.size() / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  }

 private:
  std::string_view take(uint64_t size) {
    check(size <= bytes_.size(), ErrorKind::kData, "a record of the log ends early: another version wrote it");
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  std::string_view bytes_;
};

}  // namespace rechub
