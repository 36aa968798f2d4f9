#include "rechub/base/toml_parser.h"

#include "rechub/base/error.h"

namespace rechub {

using nlohmann::json;

json toml_value(const toml::node& node, const std::string& path, const std::string& name, bool takes_tables) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* array = node.as_array()) {
    json list = json::array();
    for (const toml::node& element : *array) list.push_back(toml_value(element, path, name, takes_tables));
    return list;
  }
  const auto* table = node.as_table();
  check(table != nullptr && takes_tables, ErrorKind::kUsage, "{}, line {}: {} must be a number, a text, true, false or a list {}of these", path, node.source().begin.line, name,
        takes_tables ? "or table " : "");
  json object = json::object();
  for (const auto& [key, element] : *table) object[std::string(key.str())] = toml_value(element, path, name, takes_tables);
  return object;
}

}  // namespace rechub
