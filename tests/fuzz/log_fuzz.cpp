#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/serve/log_format.h"
#include "rechub/serve/log_payload.h"

namespace {

// A payload as the stores read theirs: numbers, texts and floats by turns, until it ends.
void read_payload(std::string_view bytes) {
  rechub::PayloadReader payload(bytes);
  std::vector<float> floats;
  while (true) {
    payload.number();
    payload.text();
    payload.floats(floats);
  }
}

}  // namespace

// Any bytes are refused with Error{kData} or replayed; checksums keep a fuzzer out, so the bytes are also tried as a payload and inside a log that is right.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string right = rechub::log_header(3, size % 2 == 0) + rechub::log_record({size % 2 == 0 ? 3u : 4u, 1, input}, 3);
  for (const std::string& log : {std::string(input), right, right + std::string(input)}) {
    try {
      rechub::scan_log(std::as_bytes(std::span(log)), "input", [](const rechub::LogRecord& record) { read_payload(record.payload); });
    } catch (const rechub::Error& error) {
      if (error.kind() != rechub::ErrorKind::kData) __builtin_trap();
    }
  }
  return 0;
}
