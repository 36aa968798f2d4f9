#include "rechub/train/tensorboard_writer.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <protozero/pbf_writer.hpp>
#include <unistd.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

// Field numbers of event.proto and summary.proto.
enum EventField : protozero::pbf_tag_type { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5 };
enum SummaryField : protozero::pbf_tag_type { kValue = 1 };
enum ValueField : protozero::pbf_tag_type { kTag = 1, kSimpleValue = 2 };

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[byte] = crc;
  }
  return table;
}

// TFRecord stores checksums rotated and shifted, so that a checksum of data that holds checksums stays a good one.
uint32_t masked_crc(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

template <class T>
void append_little_endian(std::string& out, T value) {
  for (size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i));
}

double wall_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// A name that no other writer has, in an order TensorBoard reads by: seconds first.
std::string file_name() {
  static std::atomic<int> counter = 0;
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("events.out.tfevents.{:010}.{}.{}.{}", static_cast<int64_t>(wall_time()), host, ::getpid(), counter++);
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = crc_table();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

TensorboardWriter::TensorboardWriter(const std::string& directory) : path_(directory + "/" + file_name()) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  check(file_ >= 0, ErrorKind::kData, "cannot create {}: {}", path_, std::strerror(errno));
  std::string event;
  protozero::pbf_writer writer(event);
  writer.add_double(kWallTime, wall_time());
  writer.add_string(kFileVersion, "brain.Event:2");
  write_record(event);
}

TensorboardWriter::~TensorboardWriter() {
  if (file_ >= 0) ::close(file_);
}

void TensorboardWriter::scalar(std::string_view tag, int64_t step, double value) {
  std::string event;
  protozero::pbf_writer writer(event);
  writer.add_double(kWallTime, wall_time());
  writer.add_int64(kStep, step);
  {
    protozero::pbf_writer summary(writer, kSummary);
    protozero::pbf_writer entry(summary, kValue);
    entry.add_string(kTag, tag.data(), tag.size());
    entry.add_float(kSimpleValue, static_cast<float>(value));
  }
  write_record(event);
}

// length, checksum of the length, event, checksum of the event; in one write, so that a reader never sees half of it without need.
void TensorboardWriter::write_record(const std::string& event) {
  std::string record;
  append_little_endian(record, static_cast<uint64_t>(event.size()));
  append_little_endian(record, masked_crc(record));
  record += event;
  append_little_endian(record, masked_crc(event));
  std::string_view left = record;
  while (!left.empty()) {
    const ssize_t count = ::write(file_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    check(count > 0, ErrorKind::kData, "cannot write {}: {}", path_, std::strerror(count == 0 ? ENOSPC : errno));
    left.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace rechub
