#include "rechub/eval/protocol.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace rechub {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// Columns padded to their widest entry, two spaces between them.
std::string aligned(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) line += fmt::format("{:<{}}  ", row[c], widths[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

// 12,101; value >= 0
std::string grouped(int64_t value) { return value < 1000 ? fmt::format("{}", value) : fmt::format("{},{:03}", grouped(value / 1000), value % 1000); }

std::string counted(int64_t count, const char* one, const char* many) { return fmt::format("{} {}", grouped(count), count == 1 ? one : many); }

std::string value_text(const Evaluation& evaluation, const std::string& metric) {
  const auto value = evaluation.metrics.find(metric);
  if (value == evaluation.metrics.end()) return "";
  const auto interval = evaluation.intervals.find(metric);
  if (interval == evaluation.intervals.end()) return fmt::format("{:.4f}", value->second);
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", value->second, interval->second.first, interval->second.second);
}

std::set<int64_t> cutoffs_of(const Evaluation& evaluation) {
  std::set<int64_t> cutoffs;
  for (const auto& [metric, value] : evaluation.metrics) cutoffs.insert(std::stoll(metric.substr(metric.find('@') + 1)));
  return cutoffs;
}

// The names of the metrics that an evaluation has, in the order people expect.
std::vector<std::string> metric_names(const Evaluation& evaluation) {
  std::set<std::string> present;
  for (const auto& [metric, value] : evaluation.metrics) present.insert(metric.substr(0, metric.find('@')));
  std::vector<std::string> names;
  for (const char* name : {"Hit", "Recall", "Precision", "NDCG", "MRR", "Coverage", "Novelty", "IntraListDistance"}) {
    if (present.count(name) > 0) names.push_back(name);
  }
  return names;
}

std::string slice_table(const Evaluation& evaluation, int64_t k) {
  const std::string hit = fmt::format("Hit@{}", k), recall = fmt::format("Recall@{}", k), ndcg = fmt::format("NDCG@{}", k);
  Rows rows = {{"slice", "cases", "targets", hit, recall, ndcg}};
  for (const char* name : {"popularity:head", "popularity:torso", "popularity:tail", "history:0", "history:1-2", "history:3-5", "history:6-10", "history:11-20", "history:21+",
                           "target:warm", "target:cold"}) {
    const auto found = evaluation.slices.find(name);
    if (found == evaluation.slices.end()) continue;
    const auto& slice = found->second;
    rows.push_back({name, grouped(static_cast<int64_t>(slice.at("cases"))), grouped(static_cast<int64_t>(slice.at("targets"))), fmt::format("{:.4f}", slice.at(hit)),
                    fmt::format("{:.4f}", slice.at(recall)), fmt::format("{:.4f}", slice.at(ndcg))});
  }
  return aligned(rows);
}

// The protocol but for the ties, which are the model's: what two models must share to be compared.
std::string describe_questions(const Evaluation& evaluation, const std::string& ties) {
  std::string line = fmt::format("{}, {}, full ranking of {}, seen items {}, {}", evaluation.protocol, evaluation.split, counted(evaluation.num_items, "item", "items"),
                                 evaluation.seen_excluded ? "excluded" : "kept", counted(evaluation.num_users, "user", "users"));
  if (evaluation.num_cases != evaluation.num_users) line += ", " + counted(evaluation.num_cases, "case", "cases");
  if (evaluation.num_targets != evaluation.num_cases) line += ", " + counted(evaluation.num_targets, "target", "targets");
  line += ties + ", " + counted(evaluation.num_cold_targets, "cold target", "cold targets");
  if (evaluation.num_repeated_targets > 0) line += ", " + counted(evaluation.num_repeated_targets, "repeated target", "repeated targets") + " counted once";
  if (evaluation.num_seen_targets > 0) line += ", " + counted(evaluation.num_seen_targets, "target", "targets") + " dropped as seen";
  return line + '\n';
}

}  // namespace

std::string protocol_line(const Evaluation& evaluation) { return describe_questions(evaluation, ", " + counted(evaluation.num_ties, "tie", "ties")); }

std::string metric_table(const Evaluation& evaluation) {
  const std::set<int64_t> cutoffs = cutoffs_of(evaluation);
  Rows rows(1, {""});
  for (int64_t k : cutoffs) rows[0].push_back(fmt::format("K={}", k));
  for (const std::string& name : metric_names(evaluation)) {
    rows.push_back({name});
    for (int64_t k : cutoffs) rows.back().push_back(value_text(evaluation, fmt::format("{}@{}", name, k)));
  }
  return aligned(rows);
}

std::string evaluation_table(const Evaluation& evaluation) {
  const std::set<int64_t> cutoffs = cutoffs_of(evaluation);
  std::string text = metric_table(evaluation);
  if (!evaluation.slices.empty() && !cutoffs.empty()) text += '\n' + slice_table(evaluation, cutoffs.count(10) > 0 ? 10 : *cutoffs.begin()) + '\n';
  return text + protocol_line(evaluation);
}

std::string comparison_table(std::span<const NamedEvaluation> rows, const std::vector<std::string>& metrics) {
  Rows cells(1, {"model"});
  cells[0].insert(cells[0].end(), metrics.begin(), metrics.end());
  cells[0].push_back("ties");
  std::set<std::string> protocols;
  std::string line_a_row;
  for (const NamedEvaluation& row : rows) {
    cells.push_back({row.name});
    for (const std::string& metric : metrics) cells.back().push_back(value_text(*row.evaluation, metric));
    cells.back().push_back(grouped(row.evaluation->num_ties));
    const std::string protocol = describe_questions(*row.evaluation, "");
    protocols.insert(protocol);
    line_a_row += row.name + ": " + protocol;
  }
  return aligned(cells) + (protocols.size() == 1 ? *protocols.begin() : line_a_row);
}

}  // namespace rechub
