#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/data/split.h"

namespace rechub {

// One finding about a log, as it is printed and stored in the manifest. `name` is stable: programs read it.
struct DatasetCheck {
  std::string name;
  int64_t value = 0;
  std::string sentence;
};

// Those of a manifest ("checks": [{"name", "value", "sentence"}, ...]); members that are missing are left empty.
std::vector<DatasetCheck> checks_from_json(const nlohmann::json& manifest);

// As people read them: the sentence of each finding, then one line that names what was looked for and is not there.
std::vector<std::string> check_lines(std::span<const DatasetCheck> checks);

// Looks at the events that a data set keeps, in the order in which they are written: sequence by sequence, each in order of time. Checks: duplicates (same user, item and time),
// time_ties, future (later than the machine's clock), before_1990, repeats (the sequence had the item before), truncated_50 and truncated_200 (events beyond the newest so many of
// their sequence), single_event_users.
class DatasetChecker {
 public:
  // `now` and `year_1990`, the beginning of it: in the unit of the times, or -1 where that unit is not known. Without times nothing is said of them.
  DatasetChecker(int64_t item_rows, bool has_times, int64_t now, int64_t year_1990 = -1);

  void add(int32_t owner, int32_t item, int64_t time);
  bool has_repeats() const { return num_repeats_ > 0; }
  std::vector<DatasetCheck> finish();  // once, last

 private:
  struct Truncation {
    int64_t max_length = 0, num_events = 0, num_users = 0;
  };
  void end_owner();

  bool has_times_;
  int64_t now_, year_1990_;
  std::vector<int32_t> last_owner_;   // by item
  std::vector<int64_t> last_moment_;  // by item: the last (owner, time) it occurred in
  int32_t owner_ = -1;
  int64_t time_ = 0, moment_ = 0, length_ = 0;
  int64_t num_events_ = 0, num_users_ = 0, num_repeats_ = 0, num_duplicates_ = 0, num_ties_ = 0, num_future_ = 0, num_early_ = 0, num_single_ = 0;
  Truncation truncations_[2] = {{.max_length = 50}, {.max_length = 200}};
};

// What is worth knowing before training by a split: cold_valid_targets and cold_test_targets (targets that no training event has: they count as misses), truncated (training events
// beyond the newest `max_length` of their sequence, and how many sequences have some), untrained_users (sequences with fewer than two training events), unjudged_users (sequences
// without a test case, and why) and, where there are times, training_after_test (training events later than the earliest test target: what a model cannot know when it serves).
std::vector<DatasetCheck> check_training(const Dataset& dataset, const Split& split, int64_t max_length, bool first_events = false);

}  // namespace rechub
