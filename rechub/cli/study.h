#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace rechub::cli {

// One setting that `rechub tune` tried, a line of trials.jsonl: {"trial", "settings": [SECTION.KEY=VALUE], "state": finished, stopped or failed, "value", "best_epoch", "epochs",
// "rungs": {"3": value}, "seconds", "reason"}.
struct Trial {
  int64_t number = 0;
  std::vector<std::string> settings;
  std::string state, reason;
  double value = 0;  // the best of the metric on the validation cases
  int64_t best_epoch = 0, epochs = 0;
  std::map<int64_t, double> rungs;  // epochs -> the best value until then
  double seconds = 0;

  nlohmann::json to_json() const;
};

// The trials of a directory: study.json says what is searched, trials.jsonl what was found. A study goes on where it stood when it is opened again.
class Study {
 public:
  // Throws kUsage where the directory holds trials of another description, naming what differs.
  Study(const std::string& directory, const nlohmann::json& description);

  void add(const Trial& trial);  // on the disk when it returns
  const std::vector<Trial>& trials() const { return trials_; }
  std::vector<double> values_at(int64_t rung) const;
  std::vector<const Trial*> best_first() const;  // of those that did not fail

 private:
  std::string directory_;
  std::vector<Trial> trials_;
};

}  // namespace rechub::cli
