#include "rechub/cli/config_file.h"

#include <algorithm>

#include "rechub/base/error.h"
#include "rechub/base/mapped_file.h"
#include "rechub/base/toml_parser.h"

namespace rechub::cli {
namespace {

using nlohmann::json;

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

json to_json(const toml::node& node, const std::string& path, const std::string& name) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  const auto* array = node.as_array();
  check(array != nullptr, ErrorKind::kUsage, "{}, line {}: {} must be a number, a text, true, false or a list of these", path, line_of(node), name);
  json list = json::array();
  for (const toml::node& element : *array) list.push_back(to_json(element, path, name));
  return list;
}

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
        entries.push_back({std::string(section.str()), std::string(key.str()), to_json(value, path, name), line_of(value)});
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
