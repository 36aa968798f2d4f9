#include <algorithm>
#include <numeric>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/eval/bootstrap.h"
#include "rechub/eval/evaluator.h"
#include "rechub/eval/protocol.h"

namespace rechub {
namespace {

const std::vector<float>& case_values(const Evaluation& evaluation, const std::string& metric) {
  const auto& names = evaluation.case_metric_names;
  const auto found = std::find(names.begin(), names.end(), metric);
  if (found == names.end()) throw Error(ErrorKind::kUsage, unknown_name_message("metric", metric, names));
  return evaluation.case_metrics[found - names.begin()];
}

double mean(const std::vector<float>& values) { return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

}  // namespace

void EvaluationOptions::describe(OptionVisitor& visitor) {
  visitor.field("k", k, "cut-offs of the metrics, all computed in one pass");
  visitor.field("seen", seen, "items of the history: exclude, keep, or auto (excluded, unless the data has repeat consumption)");
  visitor.field("bootstrap", bootstrap, "resamples of users for the 95 % intervals; 0 for none");
  visitor.field("bootstrap_seed", bootstrap_seed, "seed of the resamples");
  visitor.field("slices", slices, "also by item popularity, by history length, and for cold and warm targets");
  visitor.field("beyond_accuracy", beyond_accuracy, "also catalogue coverage, novelty and intra-list distance");
}

void EvaluationOptions::validate() const {
  check(seen == "auto" || seen == "exclude" || seen == "keep", ErrorKind::kUsage, "expected seen to be auto, exclude or keep, got \"{}\"", seen);
  check(!k.empty(), ErrorKind::kUsage, "expected cut-offs k of 1 or more, got none");
  for (int64_t cutoff : k) check(cutoff >= 1, ErrorKind::kUsage, "expected cut-offs k of 1 or more, got {}", cutoff);
  check(bootstrap >= 0, ErrorKind::kUsage, "expected bootstrap to be 0 (no intervals) or more, got {}", bootstrap);
}

nlohmann::json Evaluation::to_json() const {
  nlohmann::json json;
  json["metrics"] = metrics;
  json["intervals"] = nlohmann::json::object();
  for (const auto& [name, interval] : intervals) json["intervals"][name] = {interval.first, interval.second};
  if (!slices.empty()) json["slices"] = slices;
  json["protocol"] = {{"split", split},
                      {"split_protocol", protocol},
                      {"seen", seen_excluded ? "excluded" : "kept"},
                      {"users", num_users},
                      {"cases", num_cases},
                      {"targets", num_targets},
                      {"items", num_items},
                      {"ties", num_ties},
                      {"cold_targets", num_cold_targets},
                      {"repeated_targets", num_repeated_targets},
                      {"seen_targets", num_seen_targets}};
  const std::string line = protocol_line(*this);
  json["protocol_line"] = line.substr(0, line.size() - 1);
  return json;
}

PairedDifference compare(const Evaluation& a, const Evaluation& b, const std::string& metric, int64_t resamples, uint64_t seed) {
  const bool same = a.case_users == b.case_users && a.split == b.split && a.protocol == b.protocol && a.seen_excluded == b.seen_excluded && a.num_targets == b.num_targets;
  check(same, ErrorKind::kUsage, "two models can be compared on the same cases only: one judged {} cases ({}, {}, seen items {}), the other {} ({}, {}, seen items {})",
        a.num_cases, a.protocol, a.split, a.seen_excluded ? "excluded" : "kept", b.num_cases, b.protocol, b.split, b.seen_excluded ? "excluded" : "kept");
  const std::vector<float>&first = case_values(a, metric), &second = case_values(b, metric);
  std::vector<float> differences(first.size());
  for (size_t i = 0; i < first.size(); ++i) differences[i] = first[i] - second[i];
  const auto interval = bootstrap_means({differences}, a.case_users, resamples, seed)[0];
  return {mean(differences), interval.first, interval.second};
}

}  // namespace rechub
