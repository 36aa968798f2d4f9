#include "rechub/serve/log_format.h"

#include <cstring>
#include <optional>

#include "rechub/base/checksum.h"
#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr char kMagic[] = "RECHUBL1";
constexpr size_t kMagicBytes = 8;

struct Header {
  char magic[kMagicBytes];
  uint64_t base_sequence;
  uint64_t has_state;
  uint64_t checksum;
};
static_assert(sizeof(Header) == kLogHeaderBytes);

struct RecordHead {
  uint64_t checksum;
  uint32_t length, type;
  uint64_t sequence, durable;
};
static_assert(sizeof(RecordHead) == 32);

constexpr int64_t kHeadBytes = sizeof(RecordHead), kChecksumBytes = sizeof(uint64_t), kAlignment = 8;

int64_t padded(int64_t length) { return (length + kAlignment - 1) / kAlignment * kAlignment; }

struct Found {
  RecordHead head;
  LogRecord record;
  int64_t end;
};

// The record at `offset`, or nothing where its bytes are not one.
std::optional<Found> record_at(std::span<const std::byte> bytes, int64_t offset) {
  const int64_t left = static_cast<int64_t>(bytes.size()) - offset;
  if (left < kHeadBytes) return std::nullopt;
  Found found;
  std::memcpy(&found.head, bytes.data() + offset, kHeadBytes);
  const int64_t size = kHeadBytes + padded(found.head.length);
  if (found.head.length > kMaxLogPayload || size > left) return std::nullopt;
  if (checksum_value(bytes.subspan(offset + kChecksumBytes, size - kChecksumBytes)) != found.head.checksum) return std::nullopt;
  found.record = {found.head.sequence, found.head.type, {reinterpret_cast<const char*>(bytes.data() + offset + kHeadBytes), found.head.length}};
  found.end = offset + size;
  return found;
}

// Whether a whole record behind `offset` says that record `sequence` had reached the disk.
bool was_durable(std::span<const std::byte> bytes, int64_t offset, uint64_t sequence) {
  for (int64_t at = offset + kAlignment; at + kHeadBytes <= static_cast<int64_t>(bytes.size()); at += kAlignment) {
    RecordHead head;
    std::memcpy(&head, bytes.data() + at, kHeadBytes);
    if (head.durable >= sequence && head.sequence > sequence && record_at(bytes, at)) return true;
  }
  return false;
}

Header read_header(std::span<const std::byte> bytes, const std::string& path) {
  Header header{};
  check(bytes.size() >= sizeof(Header), ErrorKind::kData, "{}: {} bytes are too few for a log: it is truncated or none of ours", path, bytes.size());
  std::memcpy(&header, bytes.data(), sizeof(Header));
  check(std::memcmp(header.magic, kMagic, kMagicBytes) == 0, ErrorKind::kData, "{}: this is not a log of RecHub's", path);
  check(header.checksum == checksum_value(bytes.first(sizeof(Header) - kChecksumBytes)), ErrorKind::kData, "{}: damaged at offset 0: the header's checksum is wrong", path);
  return header;
}

}  // namespace

std::string log_header(uint64_t base_sequence, bool has_state) {
  Header header{{}, base_sequence, has_state, 0};
  std::memcpy(header.magic, kMagic, kMagicBytes);
  header.checksum = checksum_value(std::as_bytes(std::span(&header, 1)).first(sizeof(Header) - kChecksumBytes));
  return {reinterpret_cast<const char*>(&header), sizeof(Header)};
}

std::string log_record(const LogRecord& record, uint64_t durable) {
  RecordHead head{0, static_cast<uint32_t>(record.payload.size()), record.type, record.sequence, durable};
  std::string bytes(kHeadBytes + padded(static_cast<int64_t>(record.payload.size())), '\0');
  std::memcpy(bytes.data(), &head, kHeadBytes);
  if (!record.payload.empty()) std::memcpy(bytes.data() + kHeadBytes, record.payload.data(), record.payload.size());
  head.checksum = checksum_value(std::as_bytes(std::span(bytes)).subspan(kChecksumBytes));
  std::memcpy(bytes.data(), &head.checksum, kChecksumBytes);
  return bytes;
}

LogContents scan_log(std::span<const std::byte> bytes, const std::string& path, const std::function<void(const LogRecord&)>& visit) {
  const Header header = read_header(bytes, path);
  LogContents contents{header.base_sequence, kLogHeaderBytes, false};
  bool in_state = header.has_state != 0;
  while (contents.end < static_cast<int64_t>(bytes.size()) || in_state) {
    const std::optional<Found> found = record_at(bytes, contents.end);
    const uint64_t expected = in_state ? header.base_sequence : contents.last_sequence + 1;
    if (!found && !in_state && !was_durable(bytes, contents.end, expected)) break;
    check(found && found->head.sequence == expected, ErrorKind::kData,
          "{}: damaged at offset {}, record {}: restore the file from a copy, or move it away to start without the changes it holds", path, contents.end, expected);
    contents.end = found->end;
    contents.is_closed = found->head.type == kLogClosed;
    if (in_state && found->head.type == kLogStateEnd) {
      in_state = false;
    } else if (found->head.type <= kMaxLogType) {
      visit(found->record);
    }
    contents.last_sequence = expected;
  }
  return contents;
}

}  // namespace rechub
