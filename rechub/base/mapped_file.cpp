#include "rechub/base/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rechub {

MappedFile MappedFile::open(const std::string& path, int64_t expected_size) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kData, "cannot open {}: {}", path, std::strerror(errno));
  struct stat status {};
  MappedFile mapped;
  mapped.path_ = path;
  std::string problem;
  if (::fstat(file, &status) != 0) {
    problem = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    problem = "it is not a regular file";
  } else if (expected_size >= 0 && status.st_size != expected_size) {
    problem = fmt::format("it should have {} bytes and has {}: it is truncated or was changed", expected_size, status.st_size);
  } else if (status.st_size > 0) {
    void* data = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED) {
      problem = std::strerror(errno);
    } else {
      mapped.data_ = static_cast<const std::byte*>(data);
      mapped.size_ = static_cast<size_t>(status.st_size);
    }
  }
  ::close(file);
  check(problem.empty(), ErrorKind::kData, "cannot read {}: {}", path, problem);
  return mapped;
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  MappedFile moved(std::move(other));
  swap(moved);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::swap(MappedFile& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
}

}  // namespace rechub
