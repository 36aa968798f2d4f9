#include "rechub/data/raw_id.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "rechub/base/error.h"

namespace rechub {

std::optional<std::string> whole_number(const nlohmann::json& value) {
  if (value.is_number_integer()) return value.dump();
  if (!value.is_number_float()) return {};
  const auto number = value.get<double>();
  if (std::nearbyint(number) != number || number <= -0x1p63 || number >= 0x1p64) return {};
  return number < 0 ? std::to_string(static_cast<int64_t>(number)) : std::to_string(static_cast<uint64_t>(number));
}

std::string raw_id(const nlohmann::json& value, const std::string& source) {
  if (value.is_string()) return value.get<std::string>();
  auto whole = whole_number(value);
  check(whole.has_value(), ErrorKind::kData, "{}: an id must be a text or a whole number of 64 bits, found {}", source, value.is_number() ? value.dump() : value.type_name());
  return std::move(*whole);
}

}  // namespace rechub
