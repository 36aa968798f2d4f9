#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rechub/base/error.h"
#include "rechub/serve/experiments.h"

// Any text is refused with Error{kUsage}, or every user gets an arm of every experiment.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto experiments = rechub::Experiments::parse({reinterpret_cast<const char*>(data), size}, "input");
    const auto assignments = experiments.assign("anna");
    if (assignments.size() != experiments.list().size()) __builtin_trap();
    rechub::arms_of(assignments);
    rechub::settings_of(assignments);
  } catch (const rechub::Error& error) {
    if (error.kind() != rechub::ErrorKind::kUsage) __builtin_trap();
  }
  return 0;
}
