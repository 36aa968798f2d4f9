#pragma once

#include <cstdint>
#include <string>

namespace rechub {

double monotonic_seconds() noexcept;  // for differences only; never jumps
std::string utc_timestamp();          // now, as 2024-05-01T12:34:56Z
int64_t peak_rss_bytes();             // the most physical memory this process has held so far
int64_t private_memory_bytes();       // physical memory this process holds now that no file stands behind
int64_t physical_memory_bytes();      // of the machine

}  // namespace rechub
