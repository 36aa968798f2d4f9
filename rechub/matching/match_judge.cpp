#include "rechub/matching/match_judge.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "rechub/bundle/vector_encoder.h"
#include "rechub/eval/evaluator.h"
#include "rechub/matching/examples.h"
#include "rechub/matching/label_metrics.h"

namespace rechub::matching {
namespace {

std::vector<EvaluationCase> cases_of(const Dataset& dataset, const std::vector<int64_t>& rows) {
  std::vector<EvaluationCase> cases;
  for (int64_t row : rows) cases.push_back(case_of_row(dataset, row, true));
  return cases;
}

std::vector<float> logits_of(const Dataset& dataset, const MatchModel& model, const VectorEncoder& encoder, const at::Tensor& items, const std::vector<int64_t>& rows) {
  if (rows.empty()) return {};
  const std::vector<EvaluationCase> cases = cases_of(dataset, rows);
  std::vector<int64_t> targets;
  for (const EvaluationCase& question : cases) targets.push_back(dataset.items()[question.target_begin]);
  const at::Tensor wanted = items.index_select(0, take_tensor(std::move(targets))).unsqueeze(1);                  // [R, 1, D]
  const at::Tensor scores = (encoder.user_vectors(cases) * wanted).sum(2).amax(1) / model.model().temperature();  // [R]
  const float* values = scores.const_data_ptr<float>();
  return {values, values + scores.numel()};
}

std::map<std::string, double> rank_rows(const Dataset& dataset, const VectorEncoder& encoder, const at::Tensor& items, const JudgedRows& rows) {
  std::vector<int64_t> wanted;
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    if (rows.labels.empty() || rows.labels[i] > 0) wanted.push_back(rows.rows[i]);
  }
  Split split;
  split.protocol = "rows";
  split.item_counts.assign(dataset.item_rows(), 1);
  split.valid = cases_of(dataset, wanted);
  if (split.valid.empty()) return {};
  EvaluationOptions options;
  options.bootstrap = 0;
  return evaluate(dataset, split, "valid", rank_by_vectors(encoder, items), options).metrics;
}

bool has_both_kinds(const std::vector<float>& labels) {
  const auto wanted = std::count_if(labels.begin(), labels.end(), [](float label) { return label > 0; });
  return wanted > 0 && wanted < static_cast<int64_t>(labels.size());
}

}  // namespace

std::vector<float> row_logits(const Dataset& dataset, const MatchModel& model, const std::vector<int64_t>& rows) {
  const VectorEncoder encoder(dataset, model.model(), model.parameters());
  return logits_of(dataset, model, encoder, encoder.item_vectors(), rows);
}

std::map<std::string, double> judge_rows(const Dataset& dataset, const MatchModel& model, const JudgedRows& rows, bool with_labels) {
  if (rows.rows.empty()) return {};
  const VectorEncoder encoder(dataset, model.model(), model.parameters());
  const at::Tensor items = encoder.item_vectors();
  std::map<std::string, double> metrics = rank_rows(dataset, encoder, items, rows);
  if (with_labels && has_both_kinds(rows.labels)) {
    const std::vector<float> logits = logits_of(dataset, model, encoder, items, rows.rows);
    metrics["AUC"] = area_under_curve(logits, rows.labels);
    metrics["LogLoss"] = log_loss(logits, rows.labels);
  }
  return metrics;
}

std::string deciding_metric(const JudgedRows& rows, bool with_labels) {
  if (rows.rows.empty()) return "";
  if (with_labels && has_both_kinds(rows.labels)) return "AUC";
  const bool has_wanted = rows.labels.empty() || std::any_of(rows.labels.begin(), rows.labels.end(), [](float label) { return label > 0; });
  return has_wanted ? "NDCG@10" : "";
}

}  // namespace rechub::matching
