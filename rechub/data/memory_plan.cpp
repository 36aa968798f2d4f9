#include "rechub/data/memory_plan.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr int64_t kReaderBytes = int64_t{112} << 20;  // program, decoded batches, output buffers
constexpr int64_t kBytesPerId = 80;                   // hash slots, the id itself, counts, positions and marks
constexpr int64_t kBytesPerIdLater = 24;              // the part of it that is allocated while writing
constexpr int64_t kWriterBytes = int64_t{48} << 20;   // buffers of merging and writing
constexpr int64_t kSmallestSorter = int64_t{16} << 20;

double gigabytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 30); }

int64_t resident_bytes() {
  std::ifstream status("/proc/self/statm");
  int64_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

void MemoryLimit::apply(EventSorter& sorter, int64_t num_ids) const {
  if (bytes == kUnlimited) return sorter.set_memory(sorter_bytes);
  const int64_t others = std::max<int64_t>(resident_bytes() - sorter.memory_held(), 0);
  const int64_t left = bytes - others - kBytesPerIdLater * num_ids - kWriterBytes;
  check(left >= kSmallestSorter, ErrorKind::kData, "--max-ram {:.2f}G is too little: the {} ids read so far and the program alone take {:.2f}G", gigabytes(bytes), num_ids,
        gigabytes(others + kBytesPerIdLater * num_ids));
  sorter.set_memory(std::min(left, sorter_bytes));
}

std::vector<std::string> describe_memory_plan(const MemoryLimit& limit, int64_t num_rows, int64_t record_bytes, const std::string& folder) {
  std::vector<std::string> lines = {fmt::format("memory plan for {:.2f}G: {:.2f}G for the program and its buffers, {} bytes a user or item, {} bytes an event in the sorter",
                                                gigabytes(limit.bytes), gigabytes(kReaderBytes), kBytesPerId, record_bytes + 4)};
  const int64_t sorter = std::max(limit.bytes - kReaderBytes, kSmallestSorter);
  if (num_rows < 0) {
    lines.push_back(fmt::format("the number of rows is not known beforehand: beyond about {:.3g} million events they are sorted on disk, in {}",
                                static_cast<double>(sorter) / (record_bytes + 4) / 1e6, folder));
    return lines;
  }
  const int64_t needed = num_rows * (record_bytes + 4);
  // Ids are few beside events as a rule; a tenth of the rows is a cautious guess.
  const int64_t ids = num_rows / 10 * kBytesPerId;
  const bool fits = needed + ids <= sorter;
  lines.push_back(fmt::format("{} rows: {:.2f}G of events and up to {:.2f}G of ids (guessed: one in ten rows brings a new one), so {}", num_rows, gigabytes(needed), gigabytes(ids),
                              fits ? "all is sorted in memory"
                                   : fmt::format("events are sorted in about {} runs of {:.2f}G in {} and merged", needed / std::max(sorter - ids, kSmallestSorter) + 1,
                                                 gigabytes(num_rows * record_bytes), folder)));
  return lines;
}

}  // namespace rechub
