#include "rechub/eval/questions.h"

namespace rechub {
namespace {

// Remembers which items a case has met, without clearing between cases: an item holds the number of the case that met it last.
class MetItems {
 public:
  explicit MetItems(size_t item_rows) : last_(item_rows, -1) {}
  // True the first time an item is met in a case.
  bool meet(int32_t item, int64_t number) {
    if (last_[item] == number) return false;
    last_[item] = number;
    return true;
  }
  bool has_met(int32_t item, int64_t number) const { return last_[item] == number; }

 private:
  std::vector<int64_t> last_;
};

}  // namespace

Questions make_questions(std::span<const EvaluationCase> cases, std::span<const int32_t> items, std::span<const int64_t> item_counts, bool exclude_seen,
                         std::span<const float> weights) {
  Questions questions;
  MetItems history(item_counts.size()), targets(item_counts.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    const EvaluationCase& question = cases[i];
    const auto number = static_cast<int64_t>(i);
    if (exclude_seen) {
      for (int64_t e = question.history_begin; e < question.history_end; ++e) history.meet(items[e], number);
    }
    const size_t first = questions.targets.size(), first_cold = questions.cold_targets.size();
    for (int64_t e = question.target_begin; e < question.target_end; ++e) {
      if (!weights.empty() && weights[e] == 0) continue;
      if (items[e] == kUnknownIndex) {  // stands for any item that the model does not know
        questions.cold_targets.push_back(items[e]);
        continue;
      }
      if (!targets.meet(items[e], number)) {
        ++questions.num_repeated_targets;
      } else if (exclude_seen && history.has_met(items[e], number)) {
        ++questions.num_seen_targets;
      } else if (item_counts[items[e]] == 0) {
        questions.cold_targets.push_back(items[e]);
      } else {
        questions.targets.push_back(items[e]);
      }
    }
    const auto num_cold = static_cast<int32_t>(questions.cold_targets.size() - first_cold);
    if (questions.targets.size() == first && num_cold == 0) continue;
    questions.cases.push_back(question);
    questions.target_offsets.push_back(static_cast<int64_t>(questions.targets.size()));
    questions.num_cold.push_back(num_cold);
  }
  return questions;
}

}  // namespace rechub
