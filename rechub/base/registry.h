#pragma once

#include <span>
#include <string>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/base/options.h"

namespace rechub {

// "unknown WHAT 'NAME' (did you mean X?): known are A, B, C"
std::string unknown_name_message(const std::string& what, const std::string& name, const std::vector<std::string>& known);

// Throws kUsage where `name` is not among the known ones: that message, behind "SOURCE: " where a source is given.
void check_known(const std::string& what, const std::string& name, const std::vector<std::string>& known, const std::string& source = "");

// The row of a registry table whose `name` field is `name`; throws kUsage with the nearest known name.
template <class Entry>
const Entry& find_entry(std::span<const Entry> table, const std::string& name, const std::string& what) {
  std::vector<std::string> known;
  for (const Entry& entry : table) {
    if (name == entry.name) return entry;
    known.emplace_back(entry.name);
  }
  throw Error(ErrorKind::kUsage, unknown_name_message(what, name, known));
}

}  // namespace rechub
