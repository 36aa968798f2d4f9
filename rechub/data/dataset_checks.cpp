#include "rechub/data/dataset_checks.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace rechub {
namespace {

double percent(int64_t part, int64_t whole) { return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

std::vector<DatasetCheck> checks_from_json(const nlohmann::json& manifest) {
  std::vector<DatasetCheck> checks;
  for (const nlohmann::json& check : manifest.value("checks", nlohmann::json::array())) {
    checks.push_back({check.value("name", ""), check.value("value", int64_t{0}), check.value("sentence", "")});
  }
  return checks;
}

std::vector<std::string> check_lines(std::span<const DatasetCheck> checks) {
  std::vector<std::string> lines, absent;
  for (const DatasetCheck& check : checks) {
    const std::string subject = check.sentence.substr(0, check.sentence.find(':'));
    if (check.value != 0) lines.push_back(check.sentence);
    if (check.value == 0 && (absent.empty() || absent.back() != subject)) absent.push_back(subject);
  }
  if (!absent.empty()) lines.push_back(fmt::format("none: {}", fmt::join(absent, ", ")));
  return lines;
}

DatasetChecker::DatasetChecker(int64_t item_rows, bool has_times, int64_t now, int64_t year_1990)
    : has_times_(has_times), now_(now), year_1990_(year_1990), last_owner_(static_cast<size_t>(item_rows), -1), last_moment_(has_times ? static_cast<size_t>(item_rows) : 0, -1) {}

void DatasetChecker::add(int32_t owner, int32_t item, int64_t time) {
  const bool is_new = owner != owner_;
  if (is_new) end_owner();
  const auto i = static_cast<size_t>(item);
  if (has_times_) {
    const bool is_tie = !is_new && time == time_;
    moment_ += is_tie ? 0 : 1;
    num_ties_ += is_tie ? 1 : 0;
    num_duplicates_ += last_moment_[i] == moment_ ? 1 : 0;
    last_moment_[i] = moment_;
    num_future_ += now_ >= 0 && time > now_ ? 1 : 0;
    num_early_ += year_1990_ >= 0 && time < year_1990_ ? 1 : 0;
  }
  num_repeats_ += last_owner_[i] == owner ? 1 : 0;
  last_owner_[i] = owner;
  owner_ = owner;
  time_ = time;
  ++length_;
  ++num_events_;
}

void DatasetChecker::end_owner() {
  if (length_ == 0) return;
  ++num_users_;
  num_single_ += length_ == 1 ? 1 : 0;
  for (Truncation& truncation : truncations_) {
    const int64_t beyond = std::max<int64_t>(length_ - truncation.max_length, 0);
    truncation.num_events += beyond;
    truncation.num_users += beyond > 0 ? 1 : 0;
  }
  length_ = 0;
}

std::vector<DatasetCheck> DatasetChecker::finish() {
  end_owner();
  std::vector<DatasetCheck> checks;
  if (has_times_) {
    checks.push_back({"duplicates", num_duplicates_,
                      fmt::format("duplicates: {} events ({:.2f} %) repeat user, item and time of another{}", num_duplicates_, percent(num_duplicates_, num_events_),
                                  num_duplicates_ > 0 ? "; --deduplicate leaves them out" : "")});
    checks.push_back({"time_ties", num_ties_,
                      fmt::format("ties in time: {} events ({:.2f} %) have the time of the user's event before them{}", num_ties_, percent(num_ties_, num_events_),
                                  num_ties_ > 0 ? ", and keep the order of the file" : "")});
    if (now_ >= 0) {
      checks.push_back({"future", num_future_, fmt::format("future: {} events lie after now{}", num_future_, num_future_ > 0 ? "; is the time column the right one?" : "")});
    }
    if (year_1990_ >= 0) {
      checks.push_back(
          {"before_1990", num_early_, fmt::format("before 1990: {} events{}", num_early_, num_early_ > 0 ? "; is the time column the right one, and always filled?" : "")});
    }
  }
  checks.push_back({"repeats", num_repeats_,
                    fmt::format("repeat consumption: {} events ({:.2f} %) are of an item the user had before{}", num_repeats_, percent(num_repeats_, num_events_),
                                num_repeats_ > 0 ? ", so seen items are kept in rankings unless --exclude-seen is given" : "")});
  for (const Truncation& truncation : truncations_) {
    checks.push_back({fmt::format("truncated_{}", truncation.max_length), truncation.num_events,
                      fmt::format("truncation: a history of {} leaves {} events ({:.2f} %) of {} users beyond it", truncation.max_length, truncation.num_events,
                                  percent(truncation.num_events, num_events_), truncation.num_users)});
  }
  checks.push_back({"single_event_users", num_single_,
                    fmt::format("users with one event: {} of {}{}", num_single_, num_users_, num_single_ > 0 ? "; they have no target to train or judge on" : "")});
  return checks;
}

namespace {

bool may_be_target(const Dataset& dataset, int64_t event) { return dataset.weights().empty() || dataset.weights()[static_cast<size_t>(event)] > 0; }

int64_t count_targets(const Dataset& dataset, const std::vector<EvaluationCase>& cases) {
  int64_t count = 0;
  for (const EvaluationCase& question : cases) {
    for (int64_t event = question.target_begin; event < question.target_end; ++event) count += may_be_target(dataset, event) ? 1 : 0;
  }
  return count;
}

DatasetCheck check_cold(const char* name, const char* set, int64_t num_cold, int64_t num_targets) {
  return {name, num_cold, fmt::format("{} targets never seen in training: {} of {} ({:.2f} %); they count as misses", set, num_cold, num_targets, percent(num_cold, num_targets))};
}

std::vector<int64_t> times_of_targets(const Dataset& dataset, const std::vector<EvaluationCase>& cases) {
  std::vector<int64_t> times;
  for (const EvaluationCase& question : cases) {
    for (int64_t event = question.target_begin; event < question.target_end; ++event) {
      if (may_be_target(dataset, event)) times.push_back(dataset.times()[static_cast<size_t>(event)]);
    }
  }
  return times;
}

int64_t count_training_after(const Dataset& dataset, const Split& split, int64_t moment) {
  int64_t count = 0;
  for (size_t user = kFirstIndex; user < split.train_end.size(); ++user) {
    for (int64_t event = dataset.user_begin()[user]; event < split.train_end[user]; ++event) count += dataset.times()[static_cast<size_t>(event)] > moment ? 1 : 0;
  }
  return count;
}

// Training on what other users did after a target's time: an offline figure then rests on what is not known at that time.
DatasetCheck check_future(const Dataset& dataset, const Split& split) {
  std::vector<int64_t> times = times_of_targets(dataset, split.test);
  const auto middle = times.begin() + static_cast<int64_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  const int64_t median = *middle, first = *std::min_element(times.begin(), times.end());
  const int64_t num_after_first = count_training_after(dataset, split, first), num_after_median = count_training_after(dataset, split, median);
  if (num_after_first == 0) return {"training_after_test", 0, "future in training: no training event is later than the first test target"};
  return {"training_after_test", num_after_first,
          fmt::format(
              "future in training: {} training events ({:.2f} %) are later than the first test target, {} ({:.2f} %) later than half of them; the split {} trains on what comes "
              "after its cases, a split in time (--split time:0.8,0.1,0.1) does not",
              num_after_first, percent(num_after_first, split.num_train_events), num_after_median, percent(num_after_median, split.num_train_events), split.protocol)};
}

DatasetCheck check_unjudged(const Dataset& dataset, const Split& split) {
  std::vector<bool> is_judged(split.train_end.size());
  for (const EvaluationCase& question : split.test) is_judged[static_cast<size_t>(question.user)] = true;
  const int64_t least = split.protocol == "leave-one-out" ? 3 : 1;  // events that it asks for
  int64_t num_unjudged = 0, num_short = 0, num_without_target = 0;
  for (size_t user = kFirstIndex; user < split.train_end.size(); ++user) {
    if (is_judged[user]) continue;
    ++num_unjudged;
    const int64_t begin = dataset.user_begin()[user], end = dataset.user_begin()[user + 1];
    bool has_target = false;
    for (int64_t event = begin; event < end; ++event) has_target = has_target || may_be_target(dataset, event);
    num_short += end - begin < least ? 1 : 0;
    num_without_target += end - begin >= least && !has_target ? 1 : 0;
  }
  std::string why;
  const auto add = [&](int64_t count, const std::string& reason) {
    if (count > 0) why += fmt::format("{}{} {}", why.empty() ? ": " : ", ", count, reason);
  };
  add(num_short, fmt::format("with fewer than {} events", least));
  add(num_without_target, "whose events all have weight 0");
  add(num_unjudged - num_short - num_without_target, fmt::format("that the split {} gives no test target", split.protocol));
  return {"unjudged_users", num_unjudged, fmt::format("sequences without a test case: {} of {}{}", num_unjudged, dataset.num_users(), why)};
}

}  // namespace

std::vector<DatasetCheck> check_training(const Dataset& dataset, const Split& split, int64_t max_length, bool first_events) {
  std::vector<DatasetCheck> checks = {check_cold("cold_valid_targets", "validation", split.cold_valid_targets, count_targets(dataset, split.valid)),
                                      check_cold("cold_test_targets", "test", split.cold_test_targets, count_targets(dataset, split.test))};
  const int64_t least = first_events ? 1 : 2;  // events that give a target
  int64_t num_long = 0, num_beyond = 0, num_untrained = 0;
  for (size_t user = kFirstIndex; user < split.train_end.size(); ++user) {
    const int64_t length = split.train_end[user] - dataset.user_begin()[user];
    num_long += length > max_length ? 1 : 0;
    num_beyond += std::max<int64_t>(length - max_length, 0);
    num_untrained += length < least ? 1 : 0;
  }
  checks.push_back({"truncated", num_beyond,
                    fmt::format("truncation: {} of {} sequences are longer than {}; {} training events ({:.2f} %) lie beyond, and are trained in windows of their own", num_long,
                                dataset.num_users(), max_length, num_beyond, percent(num_beyond, split.num_train_events))});
  checks.push_back({"untrained_users", num_untrained,
                    fmt::format("sequences with {} training events: {} of {}; they train nothing", first_events ? "no" : "fewer than two", num_untrained, dataset.num_users())});
  checks.push_back(check_unjudged(dataset, split));
  if (!dataset.times().empty() && count_targets(dataset, split.test) > 0) checks.push_back(check_future(dataset, split));
  return checks;
}

}  // namespace rechub
