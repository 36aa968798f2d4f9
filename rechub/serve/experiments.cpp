#include "rechub/serve/experiments.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "rechub/base/checksum.h"
#include "rechub/base/error.h"
#include "rechub/base/mapped_file.h"
#include "rechub/base/registry.h"
#include "rechub/base/toml_parser.h"

namespace rechub {
namespace {

using nlohmann::json;

// A table of the file, with the words to name it in errors.
struct Place {
  const std::string& source;
  const toml::table& table;
  int line() const { return static_cast<int>(table.source().begin.line); }

  void check_keys(const std::vector<std::string>& known) const {
    for (const auto& [key, node] : table) {
      check_known("key", std::string(key.str()), known, fmt::format("{}, line {}", source, node.source().begin.line));
    }
  }
  std::string text(const char* key, const std::string& otherwise) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return otherwise;
    const auto* value = node->as_string();
    check(value != nullptr && !value->get().empty(), ErrorKind::kUsage, "{}, line {}: {} must be a text", source, node->source().begin.line, key);
    return value->get();
  }
  // The tables of [[key]].
  std::vector<Place> tables(const char* key) const {
    const toml::node* node = table.get(key);
    std::vector<Place> places;
    if (node == nullptr) return places;
    const auto* array = node->as_array();
    check(array != nullptr && array->is_homogeneous(toml::node_type::table), ErrorKind::kUsage, "{}, line {}: write [[{}]], once for each", source, node->source().begin.line, key);
    for (const toml::node& element : *array) places.push_back({source, *element.as_table()});
    return places;
  }
};

Arm parse_arm(const Place& place, const std::string& experiment) {
  place.check_keys({"name", "weight", "settings"});
  Arm arm;
  arm.name = place.text("name", "");
  check(!arm.name.empty(), ErrorKind::kUsage, "{}, line {}: an arm of experiment {} has no name", place.source, place.line(), experiment);
  if (const toml::node* weight = place.table.get("weight")) {
    arm.weight = weight->value<double>().value_or(NAN);
    check(weight->is_number() && std::isfinite(arm.weight) && arm.weight > 0, ErrorKind::kUsage, "{}, line {}: the weight of arm {} must be a number above 0", place.source,
          weight->source().begin.line, arm.name);
  }
  if (const toml::node* settings = place.table.get("settings")) {
    check(settings->is_table(), ErrorKind::kUsage, "{}, line {}: settings must be a table, as {{ k = 20 }}", place.source, settings->source().begin.line);
    arm.settings = toml_value(*settings, place.source, "a setting", true);
  }
  return arm;
}

Experiment parse_experiment(const Place& place) {
  place.check_keys({"name", "salt", "arm"});
  Experiment experiment;
  experiment.name = place.text("name", "");
  check(!experiment.name.empty(), ErrorKind::kUsage, "{}, line {}: an experiment has no name", place.source, place.line());
  experiment.salt = place.text("salt", experiment.name);
  std::set<std::string> names;
  double sum = 0;
  for (const Place& arm : place.tables("arm")) {
    experiment.arms.push_back(parse_arm(arm, experiment.name));
    sum += experiment.arms.back().weight;
    check(names.insert(experiment.arms.back().name).second, ErrorKind::kUsage, "{}, line {}: experiment {} has two arms {}", place.source, arm.line(), experiment.name,
          experiment.arms.back().name);
  }
  check(experiment.arms.size() >= 2, ErrorKind::kUsage, "{}, line {}: experiment {} needs two [[experiment.arm]] at least", place.source, place.line(), experiment.name);
  for (Arm& arm : experiment.arms) arm.share = arm.weight / sum;
  return experiment;
}

// Two experiments that act on one thing could not be told apart.
void check_apart(const std::vector<Experiment>& experiments, const std::string& source) {
  std::set<std::string> names, salts;
  std::map<std::string, std::string> owners;
  for (const Experiment& experiment : experiments) {
    check(names.insert(experiment.name).second, ErrorKind::kUsage, "{}: there are two experiments {}", source, experiment.name);
    check(salts.insert(experiment.salt).second, ErrorKind::kUsage, "{}: experiment {} has the salt of another: their arms would hold the same users", source, experiment.name);
    for (const Arm& arm : experiment.arms) {
      for (const auto& [key, value] : arm.settings.items()) {
        const std::string& owner = owners.try_emplace(key, experiment.name).first->second;
        check(owner == experiment.name, ErrorKind::kUsage, "{}: experiments {} and {} both set {}: their effects could not be told apart", source, owner, experiment.name, key);
      }
    }
  }
}

// In [0, 1), the same on every machine.
double place_of(const std::string& salt, std::string_view user) {
  std::string key = salt;
  key.push_back('\0');
  key.append(user);
  return static_cast<double>(checksum_value(std::as_bytes(std::span(key))) >> 11) * 0x1p-53;
}

}  // namespace

Experiments Experiments::parse(std::string_view text, const std::string& source) {
  Experiments experiments;
  try {
    const toml::table file = toml::parse(text);
    const Place place{source, file};
    place.check_keys({"experiment"});
    for (const Place& table : place.tables("experiment")) experiments.experiments_.push_back(parse_experiment(table));
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::kUsage, "{}, line {}: not valid TOML: {}", source, error.source().begin.line, error.description());
  }
  check_apart(experiments.experiments_, source);
  return experiments;
}

Experiments Experiments::read(const std::string& path) {
  const MappedFile file = MappedFile::open(path);
  return parse({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}, path);
}

std::vector<Assignment> Experiments::assign(std::string_view user) const {
  std::vector<Assignment> assignments;
  for (const Experiment& experiment : experiments_) {
    double left = place_of(experiment.salt, user);
    const Arm* chosen = &experiment.arms.back();  // where rounding leaves a rest
    for (const Arm& arm : experiment.arms) {
      if (left < arm.share) {
        chosen = &arm;
        break;
      }
      left -= arm.share;
    }
    assignments.push_back({&experiment, chosen});
  }
  return assignments;
}

json arms_of(const std::vector<Assignment>& assignments) {
  json arms = json::object();
  for (const Assignment& assignment : assignments) arms[assignment.experiment->name] = assignment.arm->name;
  return arms;
}

json settings_of(const std::vector<Assignment>& assignments) {
  json settings = json::object();
  for (const Assignment& assignment : assignments) settings.update(assignment.arm->settings);
  return settings;
}

}  // namespace rechub
