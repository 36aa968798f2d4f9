#include "rechub/cli/study.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;

Trial trial_of(const nlohmann::json& line, const std::string& path) {
  try {
    Trial trial;
    trial.number = line.at("trial");
    trial.settings = line.at("settings").get<std::vector<std::string>>();
    trial.state = line.at("state").get<std::string>(), trial.reason = line.at("reason").get<std::string>();
    trial.value = line.at("value"), trial.best_epoch = line.at("best_epoch"), trial.epochs = line.at("epochs"), trial.seconds = line.at("seconds");
    for (const auto& [rung, value] : line.at("rungs").items()) trial.rungs[std::stoll(rung)] = value;
    return trial;
  } catch (const std::exception& error) {
    fail(ErrorKind::kData, "{}: not a line that tune wrote: {}", path, error.what());
  }
}

}  // namespace

nlohmann::json Trial::to_json() const {
  nlohmann::json line = {{"trial", number},  {"settings", settings}, {"state", state},
                         {"reason", reason}, {"value", value},       {"best_epoch", best_epoch},
                         {"epochs", epochs}, {"seconds", seconds},   {"rungs", nlohmann::json::object()}};
  for (const auto& [rung, at] : rungs) line["rungs"][std::to_string(rung)] = at;
  return line;
}

Study::Study(const std::string& directory, const nlohmann::json& description) : directory_(directory) {
  std::error_code failed;
  fs::create_directories(directory, failed);
  check(!failed, ErrorKind::kData, "{}: could not be made: {}", directory, failed.message());
  const std::string path = directory + "/study.json", lines = directory + "/trials.jsonl";
  if (!fs::exists(path)) {
    write_json(path, description);
    return;
  }
  std::string difference;
  for (const nlohmann::json& change : nlohmann::json::diff(read_json(path), description)) {
    difference += fmt::format("{}{}", difference.empty() ? "" : ", ", change.at("path").get<std::string>());
  }
  check(difference.empty(), ErrorKind::kUsage, "{} holds trials of another search ({} differ): choose another --out", directory, difference);
  std::ifstream file(lines);
  for (std::string line; std::getline(file, line);) trials_.push_back(trial_of(parse_json(line, lines), lines));
}

void Study::add(const Trial& trial) {
  trials_.push_back(trial);
  std::string text;
  for (const Trial& each : trials_) text += each.to_json().dump() + "\n";
  write_file(directory_ + "/trials.jsonl", text);
}

std::vector<double> Study::values_at(int64_t rung) const {
  std::vector<double> values;
  for (const Trial& trial : trials_) {
    if (const auto found = trial.rungs.find(rung); found != trial.rungs.end()) values.push_back(found->second);
  }
  return values;
}

std::vector<const Trial*> Study::best_first() const {
  std::vector<const Trial*> best;
  for (const Trial& trial : trials_) {
    if (trial.state != "failed") best.push_back(&trial);
  }
  std::stable_sort(best.begin(), best.end(), [](const Trial* a, const Trial* b) { return a->value > b->value; });
  return best;
}

}  // namespace rechub::cli
