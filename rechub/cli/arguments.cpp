#include "rechub/cli/arguments.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/cli/command_line.h"
#include "rechub/cli/config_file.h"
#include "rechub/cli/help_text.h"
#include "rechub/cli/setting.h"

namespace rechub::cli {
namespace {

std::string dashed(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// The nearest of `keys` in spelling, else one that is the last word of `name`, as dim of embedding_dim.
std::string nearest_key(const std::string& name, const std::vector<std::string>& keys) {
  const std::string nearest = nearest_name(name, keys);
  if (!nearest.empty()) return nearest;
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const std::string& key) { return name.ends_with("_" + key); });
  return found == keys.end() ? "" : *found;
}

std::string did_you_mean(const std::string& prefix, const std::string& nearest, const std::string& otherwise) {
  return nearest.empty() ? otherwise : "; did you mean " + prefix + nearest + "?";
}

}  // namespace

struct Arguments::State {
  std::string command, summary;  // a command may have a word of its own behind it ("experiment report")
  std::vector<Setting> settings;
  std::vector<ConfigEntry> config, sets;  // not yet taken by a setting; a set's value is its text
  CommandLine line;
  int64_t threads = 0;

  std::string own_section() const { return underscored(command.substr(0, command.find(' '))); }

  bool is_taken(const std::string& flag) const {
    const bool is_common = std::find(std::begin(kCommonFlags), std::end(kCommonFlags), flag) != std::end(kCommonFlags);
    return is_common || std::any_of(settings.begin(), settings.end(), [&](const Setting& setting) { return setting.flag == flag; });
  }

  Setting& add(const std::string& section, const std::string& key, Setting::Value value, const std::string& help) {
    const std::string flag = is_taken(dashed(key)) ? dashed(section + "-" + key) : dashed(key);
    check(!is_taken(flag), ErrorKind::kInternal, "the command {} has two flags --{}", command, flag);
    settings.push_back({section, underscored(key), flag, help, value});
    return settings.back();
  }

  std::vector<std::string> keys_of(const std::string& section) const {
    std::vector<std::string> keys;
    for (const Setting& setting : settings) {
      if (setting.section == section) keys.push_back(setting.key);
    }
    return keys;
  }

  std::vector<std::string> sections() const {
    std::vector<std::string> names;
    for (const Setting& setting : settings) {
      if (std::find(names.begin(), names.end(), setting.section) == names.end()) names.push_back(setting.section);
    }
    return names;
  }

  void read_sets();
  void apply_files_and_sets(Setting& setting);
  void check_required() const;
  void refuse_leftover() const;
  [[noreturn]] void refuse_entry(const ConfigEntry& entry, const std::string& where) const;
  void print_merged() const;
};

void Arguments::State::read_sets() {
  for (const std::string& text : line.sets) {
    const size_t dot = text.find('.'), equals = text.find('=');
    check(dot != std::string::npos && equals != std::string::npos && dot < equals, ErrorKind::kUsage, "--set needs SECTION.KEY=VALUE, got \"{}\"", text);
    sets.push_back({underscored(text.substr(0, dot)), underscored(text.substr(dot + 1, equals - dot - 1)), text.substr(equals + 1), 0});
  }
}

// Takes the entries of this setting out of the config file and of --set; a flag on the command line has been read before and stays.
void Arguments::State::apply_files_and_sets(Setting& setting) {
  const auto is_mine = [&](const ConfigEntry& entry) { return entry.section == setting.section && entry.key == setting.key; };
  const bool is_flag_given = setting.source == kCommandLineSource;
  for (const ConfigEntry& entry : config) {
    if (!is_mine(entry) || is_flag_given) continue;
    setting.assign_json(entry.value, fmt::format("{}, line {}: [{}] {}", line.config_path, entry.line, entry.section, entry.key));
    setting.source = fmt::format("{}:{}", line.config_path, entry.line);
  }
  for (const ConfigEntry& entry : sets) {
    if (!is_mine(entry) || is_flag_given) continue;
    setting.assign_text(entry.value.get<std::string>(), "--set " + setting.full_key());
    setting.source = kCommandLineSource;
  }
  std::erase_if(config, is_mine);
  std::erase_if(sets, is_mine);
}

void Arguments::State::check_required() const {
  for (const Setting& setting : settings) {
    if (!setting.is_required || setting.source != "default") continue;
    const auto is_slip = [&](const std::string& word) { return word[0] == '-' && !nearest_name(word.substr(0, word.find('=')), {"--" + setting.flag}).empty(); };
    const auto slip = std::find_if(line.leftovers.begin(), line.leftovers.end(), is_slip);
    if (slip != line.leftovers.end()) fail(ErrorKind::kUsage, "unknown flag {}; did you mean --{}?", slip->substr(0, slip->find('=')), setting.flag);
    fail(ErrorKind::kUsage, "{}{} is missing: {}; see rechub {} --help", setting.is_positional ? "the argument " : "--", setting.flag, setting.help, command);
  }
}

void Arguments::State::refuse_leftover() const {
  if (line.leftovers.empty()) return;
  const std::string word = line.leftovers.front();
  const std::string hint = "; see rechub " + command + " --help";
  const size_t first_letter = word.find_first_not_of('-');
  const bool is_flag = first_letter != 0 && first_letter != std::string::npos;
  check(is_flag, ErrorKind::kUsage, "unexpected argument \"{}\"{}", word, hint);
  std::vector<std::string> known(std::begin(kCommonFlags), std::end(kCommonFlags));
  for (const Setting& setting : settings) {
    if (!setting.is_positional) known.push_back(setting.flag);
  }
  const std::string name = word.substr(0, word.find('=', first_letter));
  fail(ErrorKind::kUsage, "unknown flag {}{}", name, did_you_mean("--", nearest_name(name.substr(first_letter), known), hint));
}

void Arguments::State::refuse_entry(const ConfigEntry& entry, const std::string& where) const {
  const std::vector<std::string> keys = keys_of(entry.section);
  if (keys.empty()) {
    const std::string known = fmt::format("; rechub {} knows [{}]", command, fmt::join(sections(), "], ["));
    fail(ErrorKind::kUsage, "{}: unknown section [{}]{}", where, entry.section, did_you_mean("", nearest_name(entry.section, sections()), known));
  }
  const std::string known = fmt::format("; it has {}", fmt::join(keys, ", "));
  fail(ErrorKind::kUsage, "{}: unknown key \"{}\" in [{}]{}", where, entry.key, entry.section, did_you_mean("", nearest_key(entry.key, keys), known));
}

// As TOML, so that it can be saved and used as --config.
void Arguments::State::print_merged() const {
  for (const std::string& section : sections()) {
    print_result(fmt::format("[{}]\n", section));
    for (const Setting& setting : settings) {
      if (setting.section == section) print_result(fmt::format("{:<40} # {}; {}\n", fmt::format("{} = {}", setting.key, setting.json().dump()), setting.source, setting.help));
    }
  }
}

Arguments::Arguments(std::string command, std::string summary) : state_(new State) {
  state_->command = std::move(command);
  state_->summary = std::move(summary);
}

Arguments::~Arguments() = default;

template <class T>
void Arguments::flag(const std::string& name, T& value, const std::string& help, Presence presence) {
  state_->add(state_->own_section(), name, &value, help).is_required = presence == kRequired;
}

template <class T>
void Arguments::positional(const std::string& name, T& value, const std::string& help, Presence presence) {
  Setting& setting = state_->add(state_->own_section(), name, &value, help);
  setting.is_required = presence == kRequired;
  setting.is_positional = true;
}

void Arguments::describe_section(const std::string& name, const std::function<void(OptionVisitor&)>& describe) {
  visit_fields(describe, [&](const char* field, Setting::Value value, const char* help) { state_->add(name, field, value, help); });
}

void Arguments::apply_late(const std::string& name, const std::function<void(OptionVisitor&)>& describe) {
  const size_t first = state_->settings.size();
  describe_section(name, describe);
  for (size_t i = first; i < state_->settings.size(); ++i) {
    Setting& setting = state_->settings[i];
    take_leftover(state_->line.leftovers, setting);
    state_->apply_files_and_sets(setting);
  }
}

void Arguments::fallback(const nlohmann::json& values, const std::string& source) {
  for (Setting& setting : state_->settings) {
    if (setting.source != "default" || !values.contains(setting.section) || !values.at(setting.section).contains(setting.key)) continue;
    setting.assign_json(values.at(setting.section).at(setting.key), fmt::format("{}: [{}] {}", source, setting.section, setting.key));
    setting.source = source;
  }
}

bool Arguments::parse(int argc, const char* const* argv) {
  State& state = *state_;
  state.add(state.own_section(), "threads", &state.threads, "worker threads; 0 takes all cores");
  state.line = read_command_line(state.command, argc, argv, state.settings);
  if (state.line.is_help) {
    print_result(help_text(state.command, state.summary, state.settings));
    return false;
  }
  if (!state.line.config_path.empty()) state.config = read_config(state.line.config_path);
  state.read_sets();
  for (Setting& setting : state.settings) state.apply_files_and_sets(setting);
  state.check_required();
  check(state.threads >= 0 && state.threads <= 4096, ErrorKind::kUsage, "--threads must be from 0 to 4096, got {}", state.threads);
  set_quiet(state.line.is_quiet);
  set_num_threads(static_cast<int>(state.threads));
  return true;
}

bool Arguments::finish() {
  state_->refuse_leftover();
  for (const ConfigEntry& entry : state_->config) {
    const bool is_empty_section = entry.key.empty() && !state_->keys_of(entry.section).empty();
    if (!is_empty_section) state_->refuse_entry(entry, fmt::format("{}, line {}", state_->line.config_path, entry.line));
  }
  for (const ConfigEntry& entry : state_->sets) state_->refuse_entry(entry, "--set");
  if (state_->line.is_explain) state_->print_merged();
  return !state_->line.is_explain;
}

nlohmann::json Arguments::merged() const {
  nlohmann::json merged = nlohmann::json::object();
  for (const Setting& setting : state_->settings) merged[setting.section][setting.key] = setting.json();
  return merged;
}

std::vector<std::string> Arguments::on_command_line(const std::string& section) const {
  std::vector<std::string> keys;
  for (const Setting& setting : state_->settings) {
    if (setting.section == section && setting.source == kCommandLineSource) keys.push_back(setting.key);
  }
  return keys;
}

bool Arguments::given(const std::string& name) const {
  for (const Setting& setting : state_->settings) {
    if (setting.flag == dashed(name) || setting.full_key() == underscored(name)) return setting.source != "default";
  }
  fail(ErrorKind::kInternal, "the command {} has no flag or key \"{}\"", state_->command, name);
}

template void Arguments::flag(const std::string&, bool&, const std::string&, Presence);
template void Arguments::flag(const std::string&, int64_t&, const std::string&, Presence);
template void Arguments::flag(const std::string&, double&, const std::string&, Presence);
template void Arguments::flag(const std::string&, std::string&, const std::string&, Presence);
template void Arguments::flag(const std::string&, std::vector<int64_t>&, const std::string&, Presence);
template void Arguments::flag(const std::string&, std::vector<std::string>&, const std::string&, Presence);
template void Arguments::positional(const std::string&, std::string&, const std::string&, Presence);
template void Arguments::positional(const std::string&, std::vector<std::string>&, const std::string&, Presence);

}  // namespace rechub::cli
