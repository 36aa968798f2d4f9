#include "rechub/cli/work_directory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"

namespace rechub::cli {

namespace fs = std::filesystem;

namespace {

bool has_checkpoints(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_empty(path, ignored);
}

}  // namespace

WorkDirectory::WorkDirectory(const std::string& out) : path_(fs::path(out).lexically_normal().string() + ".training") {}

void WorkDirectory::open(bool resume, bool overwrite) const {
  const bool has_run = has_checkpoints(checkpoints());
  check(resume || overwrite || !has_run, ErrorKind::kUsage, "{} holds a run that was not finished: add --resume to go on with it, or --overwrite to begin anew", path_);
  if (!resume) fs::remove_all(path_);
  if (resume && !has_run) log_info("there is no checkpoint in {}: training starts anew", path_);
  std::error_code failed;
  fs::create_directories(path_, failed);
  check(!failed, ErrorKind::kData, "{}: could not be made: {}", path_, failed.message());
}

std::string run_changes(const nlohmann::json& then, const nlohmann::json& now) {
  std::vector<std::string> changes;
  for (const nlohmann::json& change : nlohmann::json::diff(then, now)) {
    const nlohmann::json::json_pointer place(change.at("path").get<std::string>());
    std::string name = place.to_string().substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    const auto shown = [&](const nlohmann::json& from) { return from.contains(place) ? from.at(place).dump() : std::string("nothing"); };
    changes.push_back(name == "data" ? "other data" : fmt::format("{} was {}, now {}", name, shown(then), shown(now)));
  }
  return fmt::format("{}", fmt::join(changes, "; "));
}

bool WorkDirectory::holds(const nlohmann::json& identity) const { return is_unfinished() && read_json(identity_path()) == identity; }

void WorkDirectory::hold(const nlohmann::json& identity) const {
  if (is_unfinished()) {
    const std::string changes = run_changes(read_json(identity_path()), identity);
    check(changes.empty(), ErrorKind::kUsage,
          "{} holds the unfinished run of other settings or data ({}): give the same to go on with it, or --overwrite instead of --resume to begin anew", path_, changes);
  }
  write_json(identity_path(), identity);
}

bool WorkDirectory::is_unfinished() const { return has_checkpoints(checkpoints()) && fs::exists(identity_path()); }

void WorkDirectory::add_epoch(const nlohmann::json& line) const {
  std::string text;
  std::ifstream old(metrics());
  for (std::string row; std::getline(old, row);) {
    if (parse_json(row, metrics()).at("epoch") < line.at("epoch")) text += row + "\n";
  }
  write_file(metrics(), text + line.dump() + "\n");
}

void WorkDirectory::copy_records(const std::string& bundle) const {
  for (const auto& entry : fs::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    if (name == "metrics.jsonl" || name.rfind("events.", 0) == 0) fs::copy_file(entry.path(), fs::path(bundle) / name);
  }
}

void WorkDirectory::remove() const { fs::remove_all(path_); }

void WorkDirectory::abandon() const {
  std::error_code ignored;  // the error that led here is the one to be told
  if (!has_checkpoints(checkpoints())) fs::remove_all(path_, ignored);
}

}  // namespace rechub::cli
