#include "rechub/base/clock.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace rechub {

double monotonic_seconds() noexcept { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string utc_timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, length);
}

namespace {

// A line "NAME   N kB" of the process's status; -1 where there is none.
int64_t status_bytes(const char* name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kilobytes = 0;
    if (word == name && status >> kilobytes) return kilobytes * 1024;
  }
  return -1;
}

}  // namespace

int64_t private_memory_bytes() { return std::max<int64_t>(status_bytes("RssAnon:"), 0); }

int64_t peak_rss_bytes() {
  // getrusage also counts what the process was before exec, so a small program started by a large one looks large; VmHWM does not.
  const int64_t peak = status_bytes("VmHWM:");
  if (peak >= 0) return peak;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

int64_t physical_memory_bytes() { return static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE); }

}  // namespace rechub
