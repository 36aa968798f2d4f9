#pragma once

#include <span>
#include <string>
#include <vector>

#include "rechub/eval/evaluator.h"

namespace rechub {

// Results as people read them; every command that prints figures uses these, so that no figure is printed without its protocol. Lines end in a newline.

// "leave-one-out, test, full ranking of 12,101 items, seen items excluded, 22,363 users, 0 ties, 138 cold targets"; cases, targets, repeats and dropped targets are named where
// they differ.
std::string protocol_line(const Evaluation& evaluation);

// A row a metric, a column a cut-off, each value with its interval; then the slices, if any; then the protocol.
//
//                K=5                     K=10
//     Hit        0.0123 [0.0109, 0.0138]  0.0152 [0.0137, 0.0168]
std::string evaluation_table(const Evaluation& evaluation);

// Its first part: metrics and intervals alone.
std::string metric_table(const Evaluation& evaluation);

// A row a model, a column a metric of `metrics` ("NDCG@10"), the ties last; then the protocol, once if all rows share it, else a line a row. A metric that a row does not have is
// left empty.
struct NamedEvaluation {
  std::string name;
  const Evaluation* evaluation;
};
std::string comparison_table(std::span<const NamedEvaluation> rows, const std::vector<std::string>& metrics);

}  // namespace rechub
