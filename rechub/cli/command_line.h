#pragma once

#include <string>
#include <vector>

#include "rechub/cli/setting.h"

namespace rechub::cli {

// Flags that every command has; a setting may not use their names.
inline constexpr const char* kCommonFlags[] = {"help", "config", "set", "explain", "quiet"};
inline constexpr const char* kCommandLineSource = "command line";

struct CommandLine {
  bool is_help = false, is_explain = false, is_quiet = false;
  std::string config_path;
  std::vector<std::string> sets;       // SECTION.KEY=VALUE each
  std::vector<std::string> leftovers;  // words that no setting took, in order
};

// Assigns what stands on the command line to `settings` (argv[0] is the command's name). Throws kUsage.
CommandLine read_command_line(const std::string& command, int argc, const char* const* argv, std::vector<Setting>& settings);

// Assigns --name VALUE, --name=VALUE or, for a bool, --name and --no-name out of the leftovers to a setting that became known later.
void take_leftover(std::vector<std::string>& leftovers, Setting& setting);

}  // namespace rechub::cli
