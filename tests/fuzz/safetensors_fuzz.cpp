#include <cstddef>
#include <cstdint>
#include <span>

#include "rechub/base/error.h"
#include "rechub/bundle/safetensors.h"

// Any bytes are refused with Error{kData} or give views that may be read to the end.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const rechub::SafetensorsContent content = rechub::parse_safetensors(std::as_bytes(std::span(data, size)), "input");
    unsigned sum = 0;
    for (const auto& [name, view] : content.tensors) {
      for (const std::byte byte : view.bytes) sum += static_cast<unsigned>(byte);
    }
    volatile unsigned keep = sum;
    (void)keep;
  } catch (const rechub::Error& error) {
    if (error.kind() != rechub::ErrorKind::kData) __builtin_trap();
  }
  return 0;
}
