#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "rechub/serve/log_format.h"

namespace rechub {

// An append-only file of changes that survives a kill and a power cut. A change is acknowledged once wait_durable() has returned: then it is on the disk (fdatasync). Threads that
// wait at the same time share one flush (group commit).
//
// The owner keeps what the records mean. A change is made under a lock of the owner's, so that the order of the log is the order of its effects, and acknowledged outside it:
//
//     uint64_t sequence;
//     {
//       std::lock_guard lock(mutex_);
//       sequence = log_.append(kPut, payload);
//       apply(payload);
//     }
//     log_.wait_durable(sequence);
//
// Thread-safe but for compact(), which one thread calls at a time. A failure of the disk throws kInternal; what was not flushed then is not acknowledged, and as the system may
// have dropped it, every later append and wait is refused until the log is opened anew.
class WriteAheadLog {
 public:
  // Opens the log at `path` or makes an empty one, and calls `replay` for every whole record, oldest first. A tail that a crash tore off is cut off: it was never acknowledged.
  // Throws kData where the file is damaged (file and offset are named) or cannot be written, kUsage where another process has it open.
  WriteAheadLog(const std::string& path, const std::function<void(const LogRecord&)>& replay);
  ~WriteAheadLog();
  WriteAheadLog(const WriteAheadLog&) = delete;
  WriteAheadLog& operator=(const WriteAheadLog&) = delete;

  // Writes one record and returns its sequence number, larger by one than the last. type <= kMaxLogType, payload <= kMaxLogPayload bytes (kUsage).
  uint64_t append(uint32_t type, std::string_view payload);
  void wait_durable(uint64_t sequence);  // returns once this record and all before it are on the disk

  // Where the log stands. The owner takes it in the same locked section in which it takes its state.
  struct Mark {
    uint64_t sequence = 0;
    int64_t offset = 0;
  };
  Mark mark() const;

  // Replaces the records up to `mark` by those that `write_state` emits, the owner's state at that time, in one step: a crash leaves the old log or the new one. Changes may be
  // appended meanwhile, they are kept. Throws kData where the disk fails; then the old log stays in use.
  using Emit = std::function<void(uint32_t type, std::string_view payload)>;
  void compact(const Mark& mark, const std::function<void(const Emit&)>& write_state);

  bool is_worth_compacting(int64_t kept_bytes) const;  // by a file far larger than the state it would hold then

  int64_t size() const;                             // bytes of the file
  int64_t num_flushes() const;                      // so far
  int64_t cut_bytes() const { return cut_bytes_; }  // of the torn tail that opening cut off

 private:
  void check_usable() const;
  void write(std::string_view bytes);
  void reopen();

  const std::string path_;
  int lock_file_ = -1, file_ = -1;
  int64_t cut_bytes_ = 0;

  mutable std::mutex mutex_;  // of all below
  std::condition_variable flushed_;
  int64_t size_ = 0, num_flushes_ = 0;
  uint64_t written_ = 0, durable_ = 0;
  bool is_flushing_ = false, is_broken_ = false, is_closed_ = false;
};

}  // namespace rechub
