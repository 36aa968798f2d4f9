#include "rechub/data/memory_plan.h"

#include <algorithm>
#include <fstream>

#include <arrow/memory_pool.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr int64_t kReaderBytes = int64_t{80} << 20;  // blocks read ahead, decoded batches, and the program's code that reading needs
constexpr int64_t kBytesPerId = 80;                  // hash slots, the id itself, counts, positions and marks
constexpr int64_t kBytesPerIdLater = 24;             // the part of it that is allocated while writing
constexpr int64_t kWriterBytes = int64_t{16} << 20;  // buffers of merging and writing, beyond what reading gives back
constexpr int64_t kSmallestSorter = int64_t{16} << 20;

int64_t resident_bytes() {
  std::ifstream status("/proc/self/statm");
  int64_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

std::string size_text(int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (bytes >= int64_t{1} << 30) return fmt::format("{:.2f}G", size / (1 << 30));
  if (bytes >= int64_t{10} << 20) return fmt::format("{:.0f}M", size / (1 << 20));
  return bytes >= int64_t{1} << 20 ? fmt::format("{:.1f}M", size / (1 << 20)) : fmt::format("{:.0f}K", size / 1024);
}

void MemoryLimit::apply(EventSorter& sorter, int64_t num_ids) const {
  if (bytes == kUnlimited) return sorter.set_memory(sorter_bytes);
  const int64_t others = std::max<int64_t>(resident_bytes() - sorter.memory_held(), 0);
  const int64_t left = bytes - others - kBytesPerIdLater * num_ids - kWriterBytes;
  const int64_t ids = std::min((kBytesPerId - kBytesPerIdLater) * num_ids, others);
  check(left >= kSmallestSorter, ErrorKind::kData,
        "--max-ram {} is too little: the program and its reader hold {}, {} ids so far take {} and {} more while writing, writing takes {} more and sorting at least {}; {} would "
        "do so far",
        size_text(bytes), size_text(others - ids), num_ids, size_text(ids), size_text(kBytesPerIdLater * num_ids), size_text(kWriterBytes), size_text(kSmallestSorter),
        size_text(bytes - left + kSmallestSorter));
  sorter.set_memory(std::min(left, sorter_bytes));
}

void MemoryLimit::end_reading() const {
  if (bytes == kUnlimited && sorter_bytes == kUnlimited) return;
  arrow::default_memory_pool()->ReleaseUnused();
  ::malloc_trim(0);
}

std::vector<std::string> describe_memory_plan(const MemoryLimit& limit, int64_t num_rows, int64_t record_bytes, const std::string& folder) {
  const int64_t program = resident_bytes(), fixed = program + kReaderBytes + kWriterBytes;
  std::vector<std::string> lines = {fmt::format("memory plan for {}: {} for the program, {} to read, {} more to write, {} bytes a user or item, {} bytes an event in the sorter",
                                                size_text(limit.bytes), size_text(program), size_text(kReaderBytes), size_text(kWriterBytes), kBytesPerId, record_bytes + 4)};
  if (limit.bytes < fixed + kSmallestSorter) {
    lines.push_back(fmt::format("{} and the ids are what files of this kind may need: preparation stops where it needs more than {}", size_text(fixed + kSmallestSorter),
                                size_text(limit.bytes)));
  }
  const int64_t sorter = std::max(limit.bytes - fixed, kSmallestSorter);
  if (num_rows < 0) {
    lines.push_back(fmt::format("the number of rows is not known beforehand: beyond about {:.3g} million events, fewer where there are many ids, they are sorted on disk, in {}",
                                static_cast<double>(sorter) / static_cast<double>(record_bytes + 4) / 1e6, folder));
    return lines;
  }
  const int64_t needed = num_rows * (record_bytes + 4);
  // Ids are few beside events as a rule; a tenth of the rows is a cautious guess.
  const int64_t ids = num_rows / 10 * kBytesPerId;
  const bool fits = needed + ids <= sorter;
  lines.push_back(fmt::format("{} rows: {} of events and up to {} of ids (guessed: one in ten rows brings a new one), so {}", num_rows, size_text(needed), size_text(ids),
                              fits ? "all is sorted in memory"
                                   : fmt::format("events are sorted in about {} runs of {} in {} and merged", needed / std::max(sorter - ids, kSmallestSorter) + 1,
                                                 size_text(num_rows * record_bytes), folder)));
  return lines;
}

}  // namespace rechub
