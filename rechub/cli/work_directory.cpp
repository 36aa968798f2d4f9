#include "rechub/cli/work_directory.h"

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"

namespace rechub::cli {

namespace fs = std::filesystem;

WorkDirectory::WorkDirectory(const std::string& out) : path_(fs::path(out).lexically_normal().string() + ".training") {}

void WorkDirectory::open(bool resume) const {
  if (!resume) fs::remove_all(path_);
  if (resume && !fs::exists(checkpoints())) log_info("there is no checkpoint in {}: training starts anew", path_);
  std::error_code failed;
  fs::create_directories(path_, failed);
  check(!failed, ErrorKind::kData, "{}: could not be made: {}", path_, failed.message());
}

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
  if (!fs::exists(checkpoints(), ignored) || fs::is_empty(checkpoints(), ignored)) fs::remove_all(path_, ignored);
}

}  // namespace rechub::cli
