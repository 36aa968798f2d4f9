#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/event_sorter.h"

namespace rechub {

// How much memory preparation may take as a whole (resident, as the system counts it).
struct MemoryLimit {
  static constexpr int64_t kUnlimited = int64_t{1} << 62;
  int64_t bytes = kUnlimited;
  int64_t sorter_bytes = kUnlimited;  // a limit of the sorter alone, whatever else is held

  // Gives the sorter what is left of the limit: all but what the process holds besides it and what writing will take for `num_ids` users and items. Throws kData where nothing is
  // left.
  void apply(EventSorter& sorter, int64_t num_ids) const;
  // What reading took goes back to the system, for writing.
  void end_reading() const;
};

std::string size_text(int64_t bytes);  // 12K, 3.4M, 310M, 4.00G: as --max-ram takes it

// What is planned, for the person who set the limit: sizes, and whether events will be sorted on disk. `num_rows` is -1 where it is not known.
std::vector<std::string> describe_memory_plan(const MemoryLimit& limit, int64_t num_rows, int64_t record_bytes, const std::string& folder);

}  // namespace rechub
