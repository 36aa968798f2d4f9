#pragma once

#include <map>
#include <string>
#include <vector>

#include "rechub/data/dataset.h"
#include "rechub/matching/match_model.h"

namespace rechub::matching {

// Some rows of a data set of examples (ExampleBuilder), whose last event is their target.
struct JudgedRows {
  std::vector<int64_t> rows;
  std::vector<float> labels;  // of these rows
};

// The logit of each row: the score over the temperature, which is what losses see.
std::vector<float> row_logits(const Dataset& dataset, const MatchModel& model, const std::vector<int64_t>& rows);

// Ranking metrics (Hit, Recall, Precision, NDCG, MRR at 5, 10, 20) of the rows with a label above 0 over all items of the data set, those of the history left out unless histories
// repeat; and, where `with_labels` and both kinds of rows are there, AUC and LogLoss. Every target counts, known from training or not. Empty where there is nothing to judge.
std::map<std::string, double> judge_rows(const Dataset& dataset, const MatchModel& model, const JudgedRows& rows, bool with_labels);

// The metric that chooses the best weights: AUC where it can be had, else NDCG@10; empty where there is nothing to judge by.
std::string deciding_metric(const JudgedRows& rows, bool with_labels);

}  // namespace rechub::matching
