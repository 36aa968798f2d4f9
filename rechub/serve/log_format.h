#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace rechub {

// The bytes of a write-ahead log. Numbers are little-endian.
//
//   header   "RECHUBL1", base sequence, 1 if a state follows, XXH3 of these 24 bytes
//   state    the effect of all changes up to the base sequence, as records that carry it, and a record of type kLogStateEnd; only where the header says so
//   changes  one record each, sequences base + 1, base + 2, ...
//
// A record: XXH3 of what follows it; length and type (32 bits each); its sequence; the last sequence known to be on the disk when it was written; the payload, filled up with zeros
// to eight bytes.
inline constexpr int64_t kLogHeaderBytes = 32;
inline constexpr uint32_t kMaxLogPayload = 1 << 26;
inline constexpr uint32_t kLogStateEnd = 0xffffffff;
inline constexpr uint32_t kLogClosed = 0xfffffffe;   // written when a log is closed in order
inline constexpr uint32_t kMaxLogType = 0x7fffffff;  // of callers' records

// One record as it is read. The payload points into the file.
struct LogRecord {
  uint64_t sequence = 0;
  uint32_t type = 0;
  std::string_view payload = {};
};

std::string log_header(uint64_t base_sequence, bool has_state);
std::string log_record(const LogRecord& record, uint64_t durable);

// What a scan found.
struct LogContents {
  uint64_t last_sequence = 0;
  int64_t end = 0;         // behind the last whole record; what follows is a torn tail
  bool is_closed = false;  // the last record says so
};

// Calls `visit` for the state's records and then the changes', in order, those for the log itself left out. A tail that a crash tore off while it was written is passed over.
// Throws kData with file and offset where the header or the state is not what was written, or where a damaged record is proven to have been on the disk before: a later record says
// so. (A flipped byte in the last records of a log that was not closed in order looks like a torn tail.)
LogContents scan_log(std::span<const std::byte> bytes, const std::string& path, const std::function<void(const LogRecord&)>& visit);

}  // namespace rechub
