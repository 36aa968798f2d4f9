#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace rechub::cli {

// One key of a TOML file, or one --set.
struct ConfigEntry {
  std::string section, key;
  nlohmann::json value;  // bool, number, string or array of these
  int line = 0;
};

// The keys of a TOML file in order of lines. Throws kUsage, naming file and line, for text that is not TOML, for keys outside a section and for values no option can have (dates,
// nested tables).
std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& path);
std::vector<ConfigEntry> read_config(const std::string& path);  // throws kNotFound, too

}  // namespace rechub::cli
