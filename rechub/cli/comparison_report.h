#pragma once

#include <list>
#include <string>

#include <nlohmann/json.hpp>

#include "rechub/cli/contestant.h"

namespace rechub::cli {

// What `rechub compare` says of its contestants, the same in report.json and on the page:
//
//   {"format": 1, "version", "data": {"path", "users", "items", "events"}, "protocol": as evaluate's, "metric", "k": [...], "depth", "machine": {"isa", "threads"},
//    "best": name of the one with the highest metric,
//    "models": [{"name", the facts of Contestant, "metrics", "intervals", "slices", "protocol": as evaluate's,
//                "difference": {METRIC: [best - this, low, high]} user by user, "is_level": whether the interval of `metric` holds 0,
//                "list_shares": {"head", "torso", "tail"} of the items listed, "strengths": [text]}]        best first
//    "overlap": {"k", "names": [...], "values": [[...]]},                                                   list_overlap of each pair
//    "fusions": [{"names": [a, b], "metrics", "over": the better one, "gain": [fused - over, low, high]}]   reciprocal rank fusion of each pair, best first
//    "left_out": [{"name", "reason"}]}
//
// Contestants must have been judged on the same cases, with slices and lists.
nlohmann::json comparison_report(const Contest& contest, const std::list<Contestant>& contestants, const nlohmann::json& left_out);

// One HTML page that holds the report and all it needs to be read: nothing is loaded from elsewhere.
std::string comparison_page(const nlohmann::json& report);

}  // namespace rechub::cli
