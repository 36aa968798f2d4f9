#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace rechub::cli {

// What differs between the identities of two runs (run_identity), as a person reads it: "training.seed was 1, now 7; other data". Empty for the same run.
std::string run_changes(const nlohmann::json& then, const nlohmann::json& now);

// What a training run writes before its bundle stands, in OUT.training: checkpoints, metrics.jsonl, event files, data prepared on the fly. Goes into the bundle or away when the
// run ends; a run that was killed leaves it to `--resume`.
class WorkDirectory {
 public:
  explicit WorkDirectory(const std::string& out);
  std::string path() const { return path_; }
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  std::string metrics() const { return path_ + "/metrics.jsonl"; }

  // Makes it, empty unless `resume`. Throws kData where it cannot be made, kUsage where that would lose the checkpoints of an unfinished run and not `overwrite`.
  void open(bool resume, bool overwrite) const;

  // Whether it holds checkpoints of a run that `identity` (run_identity) is the same of.
  bool holds(const nlohmann::json& identity) const;
  // Writes down which run this is. Throws kUsage where the checkpoints in it are those of another run, naming what differs.
  void hold(const nlohmann::json& identity) const;

  // Adds an epoch's line to metrics(); lines of this and later epochs, which a resumed run goes through again, are replaced.
  void add_epoch(const nlohmann::json& line) const;

  // Copies metrics and event files into a bundle that is being written.
  void copy_records(const std::string& bundle) const;

  void remove() const;
  // After an error: removes it where it holds no checkpoint to go on from.
  void abandon() const;

 private:
  std::string identity_path() const { return path_ + "/run.json"; }
  bool is_unfinished() const;  // it holds checkpoints, and which run they are of
  std::string path_;
};

}  // namespace rechub::cli
