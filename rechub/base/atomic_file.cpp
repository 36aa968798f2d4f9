#include "rechub/base/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_with_errno(const char* action, const std::string& path) {
  const int reason = errno;
  fail(ErrorKind::kData, "cannot {} {}: {}", action, path, std::strerror(reason));
}

std::string parent_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// "a/b/" names the same directory as "a/b", whose siblings we want.
std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  check(!path.empty() && path != "/", ErrorKind::kUsage, "an output path is needed, got \"{}\"", path);
  return path;
}

// /dev/null, a pipe and the like must be written to, not replaced.
bool is_device(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_regular_file(path, ignored);
}

// A writer holds a lock on its temporary file or directory; the system drops the lock when the process ends, however it ends.
int open_locked(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (file >= 0) ::flock(file, LOCK_EX | LOCK_NB);
  return file;
}

bool is_leftover(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool is_unlocked = ::flock(file, LOCK_EX | LOCK_NB) == 0;
  ::close(file);
  return is_unlocked;
}

void remove_leftovers(const std::string& path) {
  const std::string prefix = fs::path(path).filename().string() + ".tmp-";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent_of(path), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.compare(0, prefix.size(), prefix) == 0 && is_leftover(entry.path())) fs::remove_all(entry.path(), ignored);
  }
}

std::string temporary_name(const std::string& path) {
  static std::atomic<int> counter = 0;
  return fmt::format("{}.tmp-{}-{}", path, ::getpid(), counter++);
}

void sync_path(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC);
  if (file < 0) fail_with_errno("open", path);
  // Some file systems cannot flush a directory and say so with EINVAL; there is nothing to do then.
  const bool is_synced = ::fsync(file) == 0 || errno == EINVAL;
  const int reason = errno;
  ::close(file);
  errno = reason;
  if (!is_synced) fail_with_errno("flush", path);
}

void sync_tree(const std::string& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_directory()) sync_path(entry.path().string(), O_DIRECTORY);
    if (entry.is_regular_file()) sync_path(entry.path().string(), 0);
  }
  sync_path(directory, O_DIRECTORY);
}

void check_free(const std::string& path) {
  std::error_code ignored;
  const bool is_free = !fs::exists(fs::symlink_status(path)) || (fs::is_directory(path) && fs::is_empty(path, ignored));
  check(is_free, ErrorKind::kUsage, "{} exists and is not an empty directory: choose another place or remove it first", path);
}

// Puts the directory `fresh` at `path`, where an old directory stands, and leaves the old one under the name `fresh`.
void swap_directories(const std::string& fresh, const std::string& path) {
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS && errno != EXDEV) fail_with_errno("replace", path);
  // A file system without exchange: for a moment neither stands at `path`, and a failure puts the old one back.
  const std::string aside = temporary_name(path);
  if (::rename(path.c_str(), aside.c_str()) != 0) fail_with_errno("replace", path);
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::rename(aside.c_str(), path.c_str());
    errno = reason;
    fail_with_errno("replace", path);
  }
  ::rename(aside.c_str(), fresh.c_str());
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  check(!fs::is_directory(path), ErrorKind::kData, "cannot write {}: it is a directory", path);
  if (is_device(path_)) {
    file_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    remove_leftovers(path_);
    temporary_ = temporary_name(path_);
    file_ = open_locked(temporary_, O_WRONLY | O_CREAT | O_EXCL);
  }
  if (file_ < 0) fail_with_errno("create", path_);
}

AtomicFile::~AtomicFile() {
  if (file_ < 0) return;
  ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) { write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())); }

void AtomicFile::write(std::string_view text) {
  constexpr size_t kBufferSize = 1 << 18;
  size_ += static_cast<int64_t>(text.size());
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kBufferSize - buffer_.size());
    buffer_.append(piece);
    text.remove_prefix(piece.size());
    if (buffer_.size() == kBufferSize) flush();
  }
}

void AtomicFile::flush() {
  for (size_t done = 0; done < buffer_.size();) {
    const ssize_t count = ::write(file_, buffer_.data() + done, buffer_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = ENOSPC;
    if (count <= 0) fail_with_errno("write", path_);
    done += static_cast<size_t>(count);
  }
  buffer_.clear();
}

void AtomicFile::sync() {
  flush();
  if (!temporary_.empty() && ::fsync(file_) != 0) fail_with_errno("flush", path_);
}

void AtomicFile::commit() {
  sync();
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_errno("write", path_);
  const int file = std::exchange(file_, -1);
  if (::close(file) != 0) fail_with_errno("close", path_);
  sync_path(parent_of(path_), O_DIRECTORY);
}

void write_file(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

AtomicDirectory::AtomicDirectory(const std::string& path, Existing existing) : path_(without_trailing_slash(path)), existing_(existing) {
  if (existing_ == kRefuse) check_free(path_);
  check(!fs::exists(path_) || fs::is_directory(path_), ErrorKind::kUsage, "cannot write the directory {}: a file of that name is in the way", path_);
  std::error_code error;
  fs::create_directories(parent_of(path_), error);
  check(!error, ErrorKind::kData, "cannot create {}: {}", parent_of(path_), error.message());
  remove_leftovers(path_);
  temporary_ = temporary_name(path_);
  if (::mkdir(temporary_.c_str(), 0777) != 0) fail_with_errno("create", path_);
  lock_ = open_locked(temporary_, O_RDONLY | O_DIRECTORY);
}

AtomicDirectory::~AtomicDirectory() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  ::close(lock_);
}

void AtomicDirectory::commit() {
  try {
    sync_tree(temporary_);
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::kData, "cannot write {}: {}", path_, error.code().message());
  }
  if (existing_ == kReplace && fs::is_directory(path_)) {
    swap_directories(temporary_, path_);
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
  } else {
    check_free(path_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_errno("write", path_);
  }
  ::close(std::exchange(lock_, -1));
  sync_path(parent_of(path_), O_DIRECTORY);
}

}  // namespace rechub
