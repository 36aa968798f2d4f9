#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace rechub {

// The digits of a whole number in JSON, which says that 10.0 is one; nothing for what is none, or beyond 64 bits.
std::optional<std::string> whole_number(const nlohmann::json& value);

// A raw id in JSON: a text, or a whole number. Throws kData naming `source`.
std::string raw_id(const nlohmann::json& value, const std::string& source);

}  // namespace rechub
