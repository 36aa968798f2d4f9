#include "rechub/cli/config_file.h"

#include <algorithm>

#include "rechub/base/error.h"
#include "rechub/base/mapped_file.h"
#include "rechub/base/toml_parser.h"

namespace rechub::cli {
namespace {

using nlohmann::json;

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, const std::string& path) {
  std::vector<ConfigEntry> entries;
  try {
    const toml::table file = toml::parse(text);
    for (const auto& [section, node] : file) {
      const toml::table* table = node.as_table();
      check(table != nullptr, ErrorKind::kUsage, "{}, line {}: \"{}\" stands outside a section; write a line with its [section] above it", path, line_of(node), section.str());
      for (const auto& [key, value] : *table) {
        const std::string name = fmt::format("[{}] {}", section.str(), key.str());
        entries.push_back({std::string(section.str()), std::string(key.str()), toml_value(value, path, name), line_of(value)});
      }
      if (table->empty()) entries.push_back({std::string(section.str()), "", json(), line_of(node)});
    }
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::kUsage, "{}, line {}: not valid TOML: {}", path, error.source().begin.line, error.description());
  }
  std::stable_sort(entries.begin(), entries.end(), [](const ConfigEntry& a, const ConfigEntry& b) { return a.line < b.line; });
  return entries;
}

std::vector<ConfigEntry> read_config(const std::string& path) {
  const MappedFile file = MappedFile::open(path);
  return parse_config({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path);
}

}  // namespace rechub::cli
