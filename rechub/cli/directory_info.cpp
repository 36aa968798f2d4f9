#include "rechub/cli/directory_info.h"

#include <filesystem>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/bundle/bundle.h"
#include "rechub/data/dataset_files.h"
#include "rechub/data/manifest.h"
#include "rechub/data/memory_plan.h"
#include "rechub/eval/protocol.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

int64_t total_bytes(const std::string& directory) {
  int64_t total = 0;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(directory, ignored)) {
    if (entry.is_regular_file(ignored)) total += static_cast<int64_t>(entry.file_size(ignored));
  }
  return total;
}

json manifest_of_dataset(const std::string& directory) { return check_manifest(directory, kDatasetFormat, kDatasetVersion, false); }

json describe_bundle(const std::string& directory) {
  check_manifest(directory, kBundleFormat, kBundleVersion, false);
  json description = {{"kind", "bundle"}, {"config", read_json(directory + "/config.json")}, {"data", manifest_of_dataset(directory + "/data")}};
  const std::string metrics = directory + "/metrics.json";
  description["metrics"] = fs::exists(metrics) ? read_json(metrics) : json::object();
  return description;
}

// Members of our own JSON that may be missing in a file of another version are left out of the text, not an error.
std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string feature_names(const json& manifest) {
  std::string out;
  for (const char* side : {"user", "item", "event"}) {
    std::vector<std::string> names;
    for (const json& feature : manifest.value("features", json::object()).value(side, json::array())) names.push_back(text_of(feature, "name"));
    if (!names.empty()) out += fmt::format("  {:<9}{}: {}\n", out.empty() ? "features" : "", side, fmt::join(names, ", "));
  }
  std::vector<std::string> sequences;
  for (const json& sequence : manifest.value("sequences", json::array())) {
    sequences.push_back(fmt::format("{} ({} values)", text_of(sequence.value("spec", json::object()), "name"), text_of(sequence, "values")));
  }
  if (!sequences.empty()) out += fmt::format("  sequences {}\n", fmt::join(sequences, ", "));
  return out;
}

std::string data_text(const json& manifest) {
  const int64_t events = manifest.value("events", int64_t{0}), users = manifest.value("users", int64_t{0});
  std::string out = fmt::format("  events   {} of {} users on {} items", events, users, manifest.value("items", int64_t{0}));
  if (users > 0) out += fmt::format(", {:.1f} a user", static_cast<double>(events) / static_cast<double>(users));
  out += manifest.value("has_repeats", false) ? "; users come back to items\n" : "\n";
  out += fmt::format("  times    {}\n", manifest.value("has_times", false) ? text_of(manifest, "time_unit") : "none, the order is the file's");
  out += feature_names(manifest);
  const json sources = manifest.value("options", json::object()).value("interactions", json::array());
  for (size_t i = 0; i < sources.size(); ++i) out += fmt::format("  {:<9}{}\n", i == 0 ? "from" : "", sources[i].is_string() ? sources[i].get<std::string>() : sources[i].dump());
  return out;
}

std::string options_text(const json& options) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : options.items()) parts.push_back(key + " " + text_of(options, key.c_str()));
  return fmt::format("{}", fmt::join(parts, ", "));
}

Evaluation figures_of(const json& judged) {
  Evaluation figures;
  const json metrics = judged.value("metrics", json::object()), intervals = judged.value("intervals", json::object());
  for (const auto& [name, value] : metrics.items()) {
    const size_t at = name.find('@');
    const bool has_cutoff = at != std::string::npos && at + 1 < name.size() && name.size() - at < 12 && name.find_first_not_of("0123456789", at + 1) == std::string::npos;
    if (!value.is_number() || !has_cutoff) continue;
    figures.metrics[name] = value.get<double>();
    const json interval = intervals.value(name, json::array());
    const bool has_interval = interval.size() == 2 && interval[0].is_number() && interval[1].is_number();
    if (has_interval) figures.intervals[name] = {interval[0].get<double>(), interval[1].get<double>()};
  }
  return figures;
}

std::string metrics_text(const json& metrics) {
  std::string out;
  for (const char* split : {"valid", "test"}) {
    const json judged = metrics.value(split, json::object());
    const json protocol = judged.value("protocol", json::object());
    if (judged.empty()) continue;
    out += fmt::format("  {:<9}{} users, seen items {}, {}\n", split, text_of(protocol, "users"), text_of(protocol, "seen"), text_of(protocol, "split_protocol"));
    std::istringstream lines(metric_table(figures_of(judged)));
    for (std::string line; std::getline(lines, line);) out += fmt::format("           {}\n", line);
  }
  return out;
}

}  // namespace

json describe_directory(const std::string& directory) {
  const std::string path = directory + "/manifest.json";
  check(fs::exists(directory), ErrorKind::kNotFound, "{}: there is no such directory", directory);
  check(fs::exists(path), ErrorKind::kNotFound, "{}: neither a bundle nor a prepared data set: there is no manifest.json in it", directory);
  json description = is_dataset(directory) ? json{{"kind", "data set"}, {"manifest", manifest_of_dataset(directory)}} : describe_bundle(directory);
  description["path"] = directory;
  description["bytes"] = total_bytes(directory);
  return description;
}

std::string directory_text(const json& description) {
  const std::string kind = description["kind"];
  std::string out = fmt::format("{} {} ({})\n", kind, description["path"].get<std::string>(), size_text(description["bytes"].get<int64_t>()));
  if (kind == "data set") return out + data_text(description["manifest"]);
  const json& config = description["config"];
  out += fmt::format("  model    {}\n", text_of(config, "model"));
  out += fmt::format("  options  {}\n", options_text(config.value("model_options", json::object())));
  return out + metrics_text(description["metrics"]) + data_text(description["data"]);
}

}  // namespace rechub::cli
