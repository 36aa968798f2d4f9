#include "rechub/cli/comparison_report.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/base/progress.h"
#include "rechub/cli/report_page.h"
#include "rechub/eval/rank_fusion.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub::cli {
namespace {

using nlohmann::json;
using Row = const Contestant*;

int64_t list_cutoff(const Contest& contest) { return std::min<int64_t>(contest.depth, std::stoll(contest.metric.substr(contest.metric.find('@') + 1))); }

json triple(const PairedDifference& paired) { return {paired.difference, paired.low, paired.high}; }

std::vector<Row> best_first(const std::list<Contestant>& contestants, const std::string& metric) {
  std::vector<Row> rows;
  for (const Contestant& contestant : contestants) rows.push_back(&contestant);
  std::stable_sort(rows.begin(), rows.end(), [&](Row a, Row b) { return a->evaluation.metrics.at(metric) > b->evaluation.metrics.at(metric); });
  return rows;
}

json describe(const Contest& contest, const Contestant& contestant, const Contestant& best) {
  json row = contestant.facts;
  row["name"] = contestant.name;
  row.update(contestant.evaluation.to_json());
  // Distances between item vectors are there for models only, so the difference is that of the metrics both have.
  for (const std::string& metric : contestant.evaluation.case_metric_names) {
    if (best.evaluation.metrics.count(metric) > 0) row["difference"][metric] = triple(compare(best.evaluation, contestant.evaluation, metric));
  }
  const json& difference = row["difference"][contest.metric];
  row["is_level"] = difference[1] <= 0 && difference[2] >= 0;
  const auto shares = popularity_shares(contestant.lists, list_cutoff(contest), contest.split.item_counts);
  row["list_shares"] = {{"head", shares[0]}, {"torso", shares[1]}, {"tail", shares[2]}};
  row["strengths"] = json::array();
  return row;
}

// Adds `text` to the strengths of the row whose value is the highest. Rows without one do not take part, and alone there is nothing to be best of.
void praise(json& rows, const std::string& text, const std::function<const json*(const json&)>& value, double sign = 1) {
  json* best = nullptr;
  double best_value = 0;
  int count = 0;
  for (json& row : rows) {
    const json* found = value(row);
    if (found == nullptr || !found->is_number()) continue;
    ++count;
    if (best == nullptr || sign * found->get<double>() > best_value) best = &row, best_value = sign * found->get<double>();
  }
  if (count > 1) (*best)["strengths"].push_back(text);
}

const json* member(const json& row, const char* key) { return row.contains(key) ? &row.at(key) : nullptr; }

// What each row is the best at, by the figures of the report.
void add_strengths(const Contest& contest, json& rows) {
  constexpr int64_t kLeastCases = 30;  // below it the best of a slice is chance
  for (json& row : rows) {
    if (row["is_level"].get<bool>()) row["strengths"].push_back(&row == &rows.front() ? "best " + contest.metric : "no worse than the best, as far as these users tell");
  }
  if (!rows.empty()) {
    for (const auto& [slice, values] : rows.front()["slices"].items()) {
      if (values.at("cases") < kLeastCases) continue;
      praise(rows, "best for " + slice,
             [&, name = slice](const json& row) -> const json* { return row["slices"].contains(name) ? member(row["slices"][name], contest.metric.c_str()) : nullptr; });
    }
  }
  const auto of_models = [](const char* key) { return [key](const json& row) { return row["kind"] == "model" ? member(row, key) : nullptr; }; };
  praise(rows, "shortest training", of_models("training_seconds"), -1);
  praise(rows, "most events a second in training", of_models("events_per_second"));
  praise(rows, "most user vectors a second", of_models("users_per_second"));
  praise(rows, "fewest parameters", of_models("parameters"), -1);
  const std::string coverage = "Coverage@" + contest.metric.substr(contest.metric.find('@') + 1);
  praise(rows, "shows most of the catalogue", [&](const json& row) { return member(row["metrics"], coverage.c_str()); });
}

json overlaps(const Contest& contest, const std::vector<Row>& rows) {
  json result = {{"k", list_cutoff(contest)}, {"names", json::array()}, {"values", json::array()}};
  for (Row row : rows) {
    result["names"].push_back(row->name);
    json values = json::array();
    for (Row other : rows) values.push_back(list_overlap(row->lists, other->lists, list_cutoff(contest)));
    result["values"].push_back(std::move(values));
  }
  return result;
}

// Each pair fused. `rows` are best first, so the first of a pair is the one to gain on.
json fusions(const Contest& contest, const std::vector<Row>& rows) {
  EvaluationOptions options = contest.options;
  options.bootstrap = 0;
  options.slices = options.beyond_accuracy = false;
  const auto count = static_cast<int64_t>(rows.size());
  Progress progress("fusing pairs", count * (count - 1) / 2, "pairs");
  json result = json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = i + 1; j < rows.size(); ++j) {
      const TopLists fused = fuse_lists(rows[i]->lists, rows[j]->lists, contest.depth);
      const Evaluation judged = evaluate(contest.dataset, contest.split, contest.which, rank_by_lists(fused), options);
      result.push_back({{"names", {rows[i]->name, rows[j]->name}},
                        {"metrics", judged.metrics},
                        {"over", rows[i]->name},
                        {"gain", triple(compare(judged, rows[i]->evaluation, contest.metric))}});
      progress.update(static_cast<int64_t>(result.size()));
    }
  }
  std::stable_sort(result.begin(), result.end(), [&](const json& a, const json& b) { return a["metrics"][contest.metric] > b["metrics"][contest.metric]; });
  return result;
}

}  // namespace

json comparison_report(const Contest& contest, const std::list<Contestant>& contestants, const json& left_out) {
  const std::vector<Row> rows = best_first(contestants, contest.metric);
  json report = {
      {"format", 1},
      {"data", {{"path", contest.dataset.directory()}, {"users", contest.dataset.num_users()}, {"items", contest.dataset.num_items()}, {"events", contest.dataset.num_events()}}},
      {"metric", contest.metric},
      {"k", contest.options.k},
      {"depth", contest.depth},
      {"machine", {{"isa", kernel_isa_name()}, {"threads", num_threads()}}},
      {"models", json::array()},
      {"left_out", left_out}};
  report["protocol"] = rows.empty() ? json::object() : rows.front()->evaluation.to_json().at("protocol");
  report["protocol"].erase("ties");
  report["best"] = rows.empty() ? json() : json(rows.front()->name);
  for (Row row : rows) report["models"].push_back(describe(contest, *row, *rows.front()));
  add_strengths(contest, report["models"]);
  report["overlap"] = overlaps(contest, rows);
  report["fusions"] = fusions(contest, rows);
  return report;
}

std::string comparison_page(const json& report) {
  std::string data;
  for (char c : report.dump()) data += c == '<' ? "\\u003c" : std::string(1, c);  // no text of the report can end the element it stands in
  std::string page = kReportPage;
  const std::string mark = "{{report}}";
  const size_t at = page.find(mark);
  check(at != std::string::npos, ErrorKind::kInternal, "the template of the report has no place for the figures");
  return page.replace(at, mark.size(), data);
}

}  // namespace rechub::cli
