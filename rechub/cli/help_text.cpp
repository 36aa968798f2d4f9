#include "rechub/cli/help_text.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace rechub::cli {
namespace {

constexpr size_t kColumns = 100, kWidestLeft = 32;

std::string wrapped(const std::string& text, size_t indent, size_t first_column) {
  std::string out;
  size_t column = first_column;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > indent && column + 1 + word.size() > kColumns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) out += " ", ++column;
    out += word;
    column += word.size();
  }
  return out;
}

std::string upper(std::string name) {
  for (char& c : name) c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string name_of(const Setting& setting) {
  if (setting.is_positional) return upper(setting.flag) + (setting.is_list() ? "..." : "");
  if (setting.is_bool()) return "--[no-]" + setting.flag;
  return "--" + setting.flag + " " + setting.placeholder();
}

std::string description_of(const Setting& setting) {
  const nlohmann::json value = setting.json();
  std::string text = setting.help;
  if (setting.is_required) return text + (setting.is_positional ? "" : " (required)");
  if (value.is_string()) return value.get<std::string>().empty() ? text : text + " [" + value.get<std::string>() + "]";
  if (!value.is_array()) return text + " [" + value.dump() + "]";
  std::string list;
  for (const nlohmann::json& element : value) list += (list.empty() ? "" : ",") + (element.is_string() ? element.get<std::string>() : element.dump());
  return list.empty() ? text : text + " [" + list + "]";
}

std::string usage_line(const std::string& command, const std::vector<Setting>& settings) {
  std::string line = "usage: rechub " + command;
  for (const Setting& setting : settings) {
    if (setting.is_positional) line += setting.is_required ? " " + name_of(setting) : " [" + name_of(setting) + "]";
  }
  for (const Setting& setting : settings) {
    if (setting.is_required && !setting.is_positional) line += " " + name_of(setting);
  }
  return wrapped(line + " [options]", 4, 0);
}

}  // namespace

std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t left = 0;
  for (const auto& row : rows) left = std::max(left, std::min(row.first.size(), kWidestLeft));
  const size_t indent = left + 4;
  std::string out;
  for (const auto& [name, text] : rows) {
    out += "  " + name;
    out += name.size() > left ? "\n" + std::string(indent, ' ') : std::string(indent - 2 - name.size(), ' ');
    out += wrapped(text, indent, indent) + "\n";
  }
  return out;
}

std::string help_text(const std::string& command, const std::string& summary, const std::vector<Setting>& settings) {
  std::string out = usage_line(command, settings) + "\n\n" + wrapped(summary, 0, 0) + "\n";
  std::vector<std::string> sections;
  for (const Setting& setting : settings) {
    if (std::find(sections.begin(), sections.end(), setting.section) == sections.end()) sections.push_back(setting.section);
  }
  for (const std::string& section : sections) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Setting& setting : settings) {
      if (setting.section == section) rows.emplace_back(name_of(setting), description_of(setting));
    }
    out += "\n[" + section + "]\n" + two_columns(rows);
  }
  out += "\nevery command\n" + two_columns({{"--config FILE", "TOML file with the sections above, as [" + command + "]; a flag is a key with underscores"},
                                            {"--set SECTION.KEY=VALUE", "one value; may be repeated. Precedence: flag, --set, config file, default"},
                                            {"--explain", "print every merged value and where it comes from, as TOML, and stop"},
                                            {"--quiet", "print results and warnings only"},
                                            {"--help", "this page"}});
  return out;
}

}  // namespace rechub::cli
