#include "rechub/cli/command_line.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "rechub/base/error.h"

namespace rechub::cli {
namespace {

// --learning_rate=x to --learning-rate=x, up to a lone "--"; and --name= to two words, as CLI11 takes an empty value only alone.
std::vector<std::string> with_dashes(int argc, const char* const* argv) {
  std::vector<std::string> words;
  bool are_flags = true;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    are_flags = are_flags && word != "--";
    const bool is_flag = are_flags && word.compare(0, 2, "--") == 0;
    if (is_flag) std::replace(word.begin(), std::find(word.begin(), word.end(), '='), '_', '-');
    if (is_flag && word.back() == '=') {
      words.push_back(word.substr(0, word.size() - 1));
      word.clear();
    }
    words.push_back(word);
  }
  return words;
}

CLI::Option* add_option(CLI::App& app, const Setting& setting, bool has_positionals) {
  if (setting.is_bool()) return app.add_flag(fmt::format("--{0}{{true}},--no-{0}{{false}}", setting.flag))->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  CLI::Option* option = app.add_option((setting.is_positional ? "" : "--") + setting.flag);
  // Several values after one flag would swallow a positional that follows.
  const bool takes_many = setting.is_list() && (setting.is_positional || !has_positionals);
  option->expected(1, takes_many ? CLI::detail::expected_max_vector_size : 1)->allow_extra_args(takes_many);
  return setting.is_positional && !takes_many ? option : option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

CommandLine read_command_line(const std::string& command, int argc, const char* const* argv, std::vector<Setting>& settings) {
  CommandLine line;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("--help,-h", line.is_help);
  app.add_flag("--explain", line.is_explain);
  app.add_flag("--quiet", line.is_quiet);
  app.add_option("--config", line.config_path);
  app.add_option("--set", line.sets)->allow_extra_args(false);
  const bool has_positionals = std::any_of(settings.begin(), settings.end(), [](const Setting& setting) { return setting.is_positional; });
  std::vector<CLI::Option*> options;
  for (const Setting& setting : settings) options.push_back(add_option(app, setting, has_positionals));
  std::vector<std::string> words = with_dashes(argc, argv);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    fail(ErrorKind::kUsage, "{}; see rechub {} --help", error.what(), command);
  }
  line.leftovers = app.remaining();
  std::erase(line.leftovers, "--");  // it separates, and is no word itself
  for (size_t i = 0; i < settings.size(); ++i) {
    if (options[i]->count() == 0 || line.is_help) continue;
    settings[i].assign_texts(options[i]->results(), (settings[i].is_positional ? "" : "--") + settings[i].flag);
    settings[i].source = kCommandLineSource;
  }
  return line;
}

void take_leftover(std::vector<std::string>& leftovers, Setting& setting) {
  std::vector<std::string> values;
  for (size_t i = 0; i < leftovers.size();) {
    const std::string& word = leftovers[i];
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const bool is_negated = setting.is_bool() && name == "--no-" + setting.flag;
    if (name != "--" + setting.flag && !is_negated) {
      ++i;
      continue;
    }
    const bool is_value_next = equals == std::string::npos && !setting.is_bool();
    check(!is_value_next || i + 1 < leftovers.size(), ErrorKind::kUsage, "--{} needs a value", setting.flag);
    values.push_back(is_value_next ? leftovers[i + 1] : equals != std::string::npos ? word.substr(equals + 1) : is_negated ? "false" : "true");
    const auto first = leftovers.begin() + static_cast<std::ptrdiff_t>(i);
    leftovers.erase(first, first + (is_value_next ? 2 : 1));
  }
  if (values.empty()) return;
  setting.assign_texts(values, "--" + setting.flag);
  setting.source = kCommandLineSource;
}

}  // namespace rechub::cli
