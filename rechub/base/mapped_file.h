#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "rechub/base/error.h"

namespace rechub {

// A file mapped read-only. Spans into it stay valid as long as it lives, also after a move; const calls are thread-safe. A file that shrinks while it is mapped ends the process
// (SIGBUS), so our own files are replaced (atomic_file.h), never rewritten.
class MappedFile {
 public:
  // Throws kNotFound where there is no such file and kData where it cannot be mapped, or where `expected_size` >= 0 and the file has another size.
  static MappedFile open(const std::string& path, int64_t expected_size = -1);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept { swap(other); }
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  const std::string& path() const { return path_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // `count` values of type T that start at byte `offset`. Throws kData where they do not fit in the file or are not aligned.
  template <class T>
  std::span<const T> array(size_t offset, size_t count) const {
    check(offset <= size_ && count <= (size_ - offset) / sizeof(T), ErrorKind::kData,
          "{}: {} values of {} bytes at offset {} do not fit in the file's {} bytes: it is truncated or damaged", path_, count, sizeof(T), offset, size_);
    check(offset % alignof(T) == 0, ErrorKind::kData, "{}: offset {} is not a multiple of {}: the file is damaged", path_, offset, alignof(T));
    return {reinterpret_cast<const T*>(data_ + offset), count};
  }

 private:
  void swap(MappedFile& other) noexcept;
  std::string path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace rechub
