#include "rechub/base/checksum.h"

#define XXH_INLINE_ALL
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

std::string to_hex(XXH64_hash_t hash) { return fmt::format("{:016x}", hash); }

}  // namespace

struct Checksum::State {
  XXH3_state_t hash;
};

Checksum::Checksum() : state_(new State) { XXH3_64bits_reset(&state_->hash); }
Checksum::~Checksum() = default;
void Checksum::update(std::span<const std::byte> bytes) { XXH3_64bits_update(&state_->hash, bytes.data(), bytes.size()); }
std::string Checksum::hex() const { return to_hex(XXH3_64bits_digest(&state_->hash)); }

uint64_t checksum_value(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
std::string checksum_bytes(std::span<const std::byte> bytes) { return to_hex(checksum_value(bytes)); }

std::string checksum_file(const std::string& path) {
  // Read, not mapped: a file that another process cuts short while we read is then an error and not a SIGBUS.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kData, "cannot open {}: {}", path, std::strerror(errno));
  ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
  Checksum checksum;
  constexpr size_t kBufferSize = 1 << 18;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kBufferSize);
  ssize_t count;
  while ((count = ::read(file, buffer.get(), kBufferSize)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    checksum.update({buffer.get(), static_cast<size_t>(count)});
  }
  const int reason = errno;
  ::close(file);
  check(count == 0, ErrorKind::kData, "cannot read {}: {}", path, std::strerror(reason));
  return checksum.hex();
}

}  // namespace rechub
