#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rechub/cli/setting.h"

namespace rechub::cli {

// What `rechub COMMAND --help` prints: usage, summary, then the flags section by section, each with type, help and default, at most 100 columns wide.
std::string help_text(const std::string& command, const std::string& summary, const std::vector<Setting>& settings);

// Two columns, the second wrapped: the layout of all help pages.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows);

}  // namespace rechub::cli
