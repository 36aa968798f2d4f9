#include "rechub/serve/write_ahead_log.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/mapped_file.h"

namespace rechub {
namespace {

constexpr int64_t kSmallestLog = 4 << 20;  // below it compaction is not worth a flush
constexpr int64_t kGarbageFactor = 4;      // a log this many times larger than what it has to say is compacted

[[noreturn]] void fail_with_errno(ErrorKind kind, const char* action, const std::string& path) {
  const int reason = errno;
  fail(kind, "cannot {} {}: {}", action, path, std::strerror(reason));
}

// A lock of its own: the log's file is replaced when it is compacted.
int lock_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) fail_with_errno(ErrorKind::kData, "open", path);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  ::close(file);
  fail(ErrorKind::kUsage, "{} is held by another process: two services cannot keep their changes in one log", path);
}

void write_empty_log(const std::string& path) { write_file(path, log_header(0, false)); }

// Bytes [begin, end) of the log, which is not longer than memory allows as it is compacted long before.
std::string read_range(int file, int64_t begin, int64_t end, const std::string& path) {
  std::string bytes(end - begin, '\0');
  for (int64_t done = 0; done < end - begin;) {
    const ssize_t count = ::pread(file, bytes.data() + done, bytes.size() - done, begin + done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_with_errno(ErrorKind::kData, "read", path);
    done += count;
  }
  return bytes;
}

bool is_file_at(int file, const std::string& path) {
  struct stat opened {
  }, named{};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

WriteAheadLog::WriteAheadLog(const std::string& path, const std::function<void(const LogRecord&)>& replay) : path_(path) {
  lock_file_ = lock_file(path + ".lock");
  try {
    if (!std::filesystem::exists(path)) write_empty_log(path);
    const MappedFile mapped = MappedFile::open(path);
    const LogContents contents = scan_log(mapped.bytes(), path, [&](const LogRecord& record) {
      try {
        replay(record);
      } catch (const Error& error) {
        fail(error.kind(), "{}, record {}: {}", path, record.sequence, error.what());
      }
    });
    cut_bytes_ = static_cast<int64_t>(mapped.bytes().size()) - contents.end;
    size_ = contents.end;
    written_ = durable_ = contents.last_sequence;
    is_closed_ = contents.is_closed;
    reopen();
    // What a killed process wrote but did not flush was replayed, so it has to be durable before anybody sees it.
    if (::ftruncate(file_, size_) != 0 || ::fsync(file_) != 0) fail_with_errno(ErrorKind::kData, "write", path);
  } catch (...) {
    if (file_ >= 0) ::close(file_);
    ::close(lock_file_);
    throw;
  }
}

WriteAheadLog::~WriteAheadLog() {
  // With this record behind them, damage to the last changes can be told from a torn tail. A failure costs no more than that.
  if (!is_broken_ && !is_closed_) {
    try {
      write(log_record({written_ + 1, kLogClosed}, written_));
      ::fdatasync(file_);
    } catch (const Error&) {
    }
  }
  ::close(file_);
  ::close(lock_file_);
}

void WriteAheadLog::reopen() {
  const int file = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (file < 0) fail_with_errno(ErrorKind::kData, "open", path_);
  const int old = std::exchange(file_, file);
  if (old >= 0) ::close(old);
}

void WriteAheadLog::check_usable() const {
  check(!is_broken_, ErrorKind::kInternal, "{}: an earlier change could not be written, so none is taken any more: mend the disk and restart", path_);
}

// All or nothing: a part that was written is taken back.
void WriteAheadLog::write(std::string_view bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int reason = count == 0 ? ENOSPC : errno;
      is_broken_ = ::ftruncate(file_, size_) != 0;
      errno = reason;
      fail_with_errno(ErrorKind::kInternal, "write", path_);
    }
    done += count;
  }
  size_ += static_cast<int64_t>(bytes.size());
}

uint64_t WriteAheadLog::append(uint32_t type, std::string_view payload) {
  check(type <= kMaxLogType && payload.size() <= kMaxLogPayload, ErrorKind::kUsage, "{}: a change of type {} and {} bytes is more than the {} bytes a log takes", path_, type,
        payload.size(), kMaxLogPayload);
  std::lock_guard lock(mutex_);
  check_usable();
  write(log_record({written_ + 1, type, payload}, durable_));
  is_closed_ = false;
  return ++written_;
}

void WriteAheadLog::wait_durable(uint64_t sequence) {
  std::unique_lock lock(mutex_);
  while (durable_ < sequence) {
    check_usable();
    if (is_flushing_) {
      flushed_.wait(lock);
      continue;
    }
    // This thread flushes for all whose records are written by now.
    is_flushing_ = true;
    const uint64_t target = written_;
    lock.unlock();
    const bool is_flushed = ::fdatasync(file_) == 0;
    const int reason = errno;
    lock.lock();
    is_flushing_ = false;
    ++num_flushes_;
    if (is_flushed) durable_ = target;
    is_broken_ |= !is_flushed;
    flushed_.notify_all();
    errno = reason;
    if (!is_flushed) fail_with_errno(ErrorKind::kInternal, "flush", path_);
  }
}

WriteAheadLog::Mark WriteAheadLog::mark() const {
  std::lock_guard lock(mutex_);
  return {written_, size_};
}

void WriteAheadLog::compact(const Mark& mark, const std::function<void(const Emit&)>& write_state) {
  AtomicFile fresh(path_);
  fresh.write(log_header(mark.sequence, true));
  const auto emit = [&](uint32_t type, std::string_view payload) { fresh.write(log_record({mark.sequence, type, payload}, mark.sequence)); };
  write_state(emit);
  emit(kLogStateEnd, {});
  fresh.sync();  // the bulk, while changes go on

  std::unique_lock lock(mutex_);
  flushed_.wait(lock, [&] { return !is_flushing_; });
  check_usable();
  const std::string tail = read_range(file_, mark.offset, size_, path_);
  fresh.write(tail);
  try {
    fresh.commit();
    reopen();
  } catch (const Error&) {
    is_broken_ = !is_file_at(file_, path_);
    throw;
  }
  size_ = fresh.size();
  durable_ = written_;
  flushed_.notify_all();
}

bool WriteAheadLog::is_worth_compacting(int64_t kept_bytes) const { return size() > std::max(kSmallestLog, kGarbageFactor * kept_bytes); }

int64_t WriteAheadLog::size() const {
  std::lock_guard lock(mutex_);
  return size_;
}

int64_t WriteAheadLog::num_flushes() const {
  std::lock_guard lock(mutex_);
  return num_flushes_;
}

}  // namespace rechub
