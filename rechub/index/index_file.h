#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "rechub/base/mapped_file.h"
#include "rechub/index/index.h"

namespace rechub {

// The file of every index, little-endian:
//
//     "RCHINDEX"   8 bytes
//     length       8 bytes, of the JSON text that follows
//     JSON         {"dim", "effort", "sections": [[name, bytes], ...], "similarity", "size", "spec", "version"}
//     sections     in that order, each at the next multiple of 64 bytes, zeros between
//     checksum     16 bytes: XXH3 of all before, in hex
//
// An index keeps its arrays in sections and checks their contents itself: the checksum finds damage, not forgery.
class IndexFileWriter {
 public:
  explicit IndexFileWriter(const Index& index) : index_(index) {}

  // The values must live until write().
  template <class T>
  void add(const std::string& name, std::span<const T> values) {
    sections_.emplace_back(name, std::as_bytes(values));
  }
  void write(const std::string& path) const;  // throws kData where the file cannot be written

 private:
  const Index& index_;
  std::vector<std::pair<std::string, std::span<const std::byte>>> sections_;
};

// An opened one: spans into it live as long as it does, also after a move.
class IndexFile {
 public:
  // Throws kNotFound, and kData where the file is truncated, changed in any byte (with verify_bytes, which reads every byte), not an index or of a newer version.
  static IndexFile open(const std::string& path, bool verify_bytes = true);

  const std::string& path() const { return file_.path(); }
  const std::string& spec() const { return spec_; }
  int64_t size() const { return size_; }  // 0 .. 2^31 - 17
  int64_t dim() const { return dim_; }    // 1 .. 65,536
  int64_t effort() const { return effort_; }
  Similarity similarity() const { return similarity_; }

  bool has(const std::string& name) const;

  // The section `name`, which must hold `count` values; any number where it is -1. Throws kData, also for a float that is not finite.
  template <class T>
  std::span<const T> section(const std::string& name, int64_t count = -1) const {
    const auto [offset, bytes] = find(name);
    check(bytes % sizeof(T) == 0 && (count < 0 || bytes / sizeof(T) == static_cast<uint64_t>(count)), ErrorKind::kData, "{}: section {} has {} bytes, which do not hold its values",
          path(), name, bytes);
    const std::span<const T> values = file_.array<T>(offset, bytes / sizeof(T));
    if constexpr (std::is_same_v<T, float>) check_finite(values);
    return values;
  }
  void check_finite(std::span<const float> values) const;  // throws kData

 private:
  std::pair<uint64_t, uint64_t> find(const std::string& name) const;  // offset and bytes
  void read_header(const std::string& text, uint64_t end_of_header);

  MappedFile file_;
  std::string spec_;
  int64_t size_ = 0, dim_ = 0, effort_ = 0;
  Similarity similarity_ = Similarity::kInnerProduct;
  std::vector<std::pair<std::string, std::pair<uint64_t, uint64_t>>> sections_;
};

}  // namespace rechub
