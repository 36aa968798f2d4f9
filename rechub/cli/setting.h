#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/base/options.h"

namespace rechub::cli {

// One value that a flag, a TOML key or --set can change: a typed reference with its names, its help and where its present value comes from.
struct Setting {
  using Value = std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*, std::vector<std::string>*>;

  std::string section, key;  // TOML: [section] key
  std::string flag;          // as typed, without the leading dashes; the shown name of a positional
  std::string help;
  Value value;
  bool is_required = false, is_positional = false;
  std::string source = "default";  // "command line", "FILE:LINE"

  // Each assigns or throws kUsage: "WHERE must be a whole number, got ...".
  void assign_text(const std::string& text, const std::string& where);                 // one value, or a whole comma-separated list
  void assign_texts(const std::vector<std::string>& texts, const std::string& where);  // of a repeated flag: the last one, or all of a list
  void assign_json(const nlohmann::json& json, const std::string& where);              // from TOML; types must match, but a whole number may stand for a number

  nlohmann::json json() const;      // the present value
  const char* placeholder() const;  // for help: INT, NUMBER, TEXT, INT,... or "" for a bool
  bool is_list() const;
  bool is_bool() const;
  std::string full_key() const { return section + "." + key; }
};

// Calls add(name, value, help) for each field that `describe` names.
void visit_fields(const std::function<void(OptionVisitor&)>& describe, const std::function<void(const char*, Setting::Value, const char*)>& add);

}  // namespace rechub::cli
