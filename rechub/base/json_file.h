#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace rechub {

// JSON text to a value. `source` names it in errors: kData with the line and column of the mistake, also for two members of one name in an object and for nesting deeper than 100.
nlohmann::json parse_json(std::string_view text, const std::string& source);

nlohmann::json read_json(const std::string& path);                      // throws kNotFound, kData
void write_json(const std::string& path, const nlohmann::json& value);  // indented, ending in a newline, as a whole or not at all; throws kData also for text that is not UTF-8

// value[key] as a T. Throws kData naming source, key, and the type that was expected and found.
template <class T>
T json_field(const nlohmann::json& value, const char* key, const std::string& source);

}  // namespace rechub
