#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/base/options.h"

namespace rechub::cli {

// The arguments of one command: flags, a TOML file (--config) and --set section.key=value, with one precedence: command line > config file > default. Every options struct with a
// describe(OptionVisitor&) is added under a section name; its fields become flags (--learning-rate), TOML keys ([train] learning_rate = ...) and help lines with type and default.
//
//     Arguments arguments("train", "Train a model and write a bundle.");
//     arguments.flag("data", data, "prepared data set or raw file", Arguments::kRequired);
//     arguments.section("optimizer", options);
//     if (!arguments.parse(argc, argv)) return 0;       // --help was printed
//     arguments.late_section("model", model_options);   // a section whose fields depend on another option
//     if (!arguments.finish()) return 0;                // --explain was printed
//
// Rules. Plain flags belong to the section named after the command ([train] data = ...). A flag may be written with dashes or underscores; where two sections have a field of one
// name, the later section's flag is --section-field. Lists are repeated or comma-separated, and in a command without positionals several values may follow one flag. A bool is
// --name, --no-name or
// --name=false. The last of two equal flags counts; a flag wins over --set. All errors are kUsage and name the nearest known flag, section or key. Every command also has --help,
// --config,
// --set, --explain (print the merged values and where each comes from, as TOML, and stop), --quiet and --threads, and parse() puts the last two into effect.
// Values given by reference must outlive the Arguments.
class Arguments {
 public:
  enum Presence { kOptional, kRequired };
  Arguments(std::string command, std::string summary);
  ~Arguments();

  // Plain values of the command itself. Types: std::string, bool, int64_t, double, std::vector<std::string>, std::vector<int64_t>.
  template <class T>
  void flag(const std::string& name, T& value, const std::string& help, Presence presence = kOptional);
  template <class T>
  void positional(const std::string& name, T& value, const std::string& help, Presence presence = kRequired);

  template <class Options>
  void section(const std::string& name, Options& options) {
    describe_section(name, [&options](OptionVisitor& visitor) { options.describe(visitor); });
  }
  template <class Options>
  void late_section(const std::string& name, Options& options) {
    apply_late(name, [&options](OptionVisitor& visitor) { options.describe(visitor); });
  }

  // Values by section and key that count where neither command line nor config file gives one; those of keys that the command does not have are passed over. After the last
  // section.
  void fallback(const nlohmann::json& values, const std::string& source);

  bool parse(int argc, const char* const* argv);                               // argv[0] is the command's name; false: --help was printed, the command is done
  bool finish();                                                               // throws for flags and keys that nobody asked for; false: --explain was printed, the command is done
  nlohmann::json merged() const;                                               // every value used, by section: saved in the bundle
  std::vector<std::string> on_command_line(const std::string& section) const;  // keys of a section that a flag or --set gave
  bool given(const std::string& name) const;                                   // whether "flag-name" or "section.key" stood on the command line or in the config file

 private:
  void describe_section(const std::string& name, const std::function<void(OptionVisitor&)>& describe);
  void apply_late(const std::string& name, const std::function<void(OptionVisitor&)>& describe);
  struct State;
  std::unique_ptr<State> state_;
};

// A row of the table of commands (main.cpp). `run` returns the exit code or throws Error.
struct Command {
  const char* name;
  const char* summary;
  int (*run)(int argc, const char* const* argv);
};

}  // namespace rechub::cli
