#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/data/manifest.h"

namespace {

void parse(const std::string& text) {
  try {
    (void)rechub::parse_manifest(text, "input", "f", 1);
  } catch (const rechub::Error& error) {
    if (error.kind() != rechub::ErrorKind::kData) __builtin_trap();
  }
}

// The same members with the checksum they would have if we had written them, so that the checks behind it are reached, too.
std::string resealed(const std::string& text) {
  try {
    nlohmann::json manifest = rechub::parse_json(text, "input");
    if (!manifest.is_object()) return text;
    manifest["checksum"] = rechub::kNoChecksum;
    return rechub::sealed_manifest(manifest.dump());
  } catch (const rechub::Error&) {
    return text;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  parse(text);
  parse(resealed(text));
  return 0;
}
