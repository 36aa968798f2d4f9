#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/data/dataset.h"

namespace rechub {

// One question of an evaluation: given the events [history_begin, history_end) of a user, and what named sequences hold from before `moment`, which items come in [target_begin,
// target_end)? Ranges index Dataset::items.
struct EvaluationCase {
  int32_t user = 0;
  int64_t history_begin = 0, history_end = 0;
  int64_t target_begin = 0, target_end = 0;
  int64_t moment = kNoMoment;
};

// Which events train, and which questions judge. Training events of user u are [user_begin[u], train_end[u]).
struct Split {
  std::string protocol;            // as it was asked for: "leave-one-out", "time:0.8,0.1,0.1", ...
  std::vector<int64_t> train_end;  // [user_rows]
  std::vector<EvaluationCase> valid, test;
  std::vector<int64_t> item_counts;  // [item_rows] occurrences in training events: popularity, samplers, slices
  int64_t num_train_events = 0;
  // Every user is one example: its last training event is the target, the events before it are the history. Else every training event but a user's first is a target.
  bool one_target = false;
  int64_t cold_test_targets = 0, cold_valid_targets = 0;  // targets never seen in training: they count as misses, and the number is printed

  // Users, events, cases and cold targets, as printed with every result.
  nlohmann::json summary() const;
};

// Cuts a data set.
// Events of weight 0 are history, never targets; below "item" means one that may be a target.
//   "leave-one-out"       last item test, the one before it validation, the rest training. At test the history includes the validation item. Users with fewer than 3 events
//                         only train, as do those with nothing before the validation item.
//   "time:0.8,0.1,0.1"    one cut in time by the share of events; histories stop at the cut, targets are the events of the interval (all of a user's, one case a user).
//                         Throws kUsage where the data set has no times.
//   "users:0.8,0.1,0.1"   held-out users by a seeded hash of the user: none of their events train; the first 80 % of their events are the history, the rest the targets.
//   "sessions"            data prepared with --test FILE: users flagged in the manifest as test sessions never train; with --test-targets prefixes every prefix of length >= 1 is a
//                         case whose target is the next event; with "last" only the last event is. Validation is a seeded tenth of the training sessions, cut the same way.
// Throws kUsage for an unknown name, naming the known ones, and kData where nothing is left to train on or to judge.
Split make_split(const Dataset& dataset, const std::string& protocol, uint64_t seed = 1);

// Every user is judged and none trains, as test sessions are: for data of other users than the model was trained on. `prefixes` as in "sessions".
Split judge_all_users(const Dataset& dataset, bool prefixes);

}  // namespace rechub
