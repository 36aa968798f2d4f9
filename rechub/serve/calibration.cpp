#include "rechub/serve/calibration.h"

#include <algorithm>
#include <cstddef>

namespace rechub {
namespace {

struct Step {
  double scores = 0, hits = 0, count = 0;  // sums
  double probability() const { return hits / count; }
};

}  // namespace

Calibration::Calibration(std::vector<JudgedScore> judged) {
  std::sort(judged.begin(), judged.end(), [](const JudgedScore& a, const JudgedScore& b) { return a.score < b.score; });
  std::vector<Step> steps;
  for (size_t i = 0; i < judged.size();) {
    Step step;  // equal scores are one step
    for (const float score = judged[i].score; i < judged.size() && judged[i].score == score; ++i) {
      step.scores += score;
      step.hits += judged[i].is_hit ? 1 : 0;
      step.count += 1;
    }
    steps.push_back(step);
    while (steps.size() > 1 && steps[steps.size() - 2].probability() >= steps.back().probability()) {
      Step& before = steps[steps.size() - 2];
      before.scores += steps.back().scores;
      before.hits += steps.back().hits;
      before.count += steps.back().count;
      steps.pop_back();
    }
  }
  for (const Step& step : steps) {
    scores_.push_back(step.scores / step.count);
    probabilities_.push_back(step.probability());
  }
}

double Calibration::probability(float score) const {
  if (scores_.empty()) return 0;
  const size_t above = static_cast<size_t>(std::lower_bound(scores_.begin(), scores_.end(), static_cast<double>(score)) - scores_.begin());
  if (above == 0) return probabilities_.front();
  if (above == scores_.size()) return probabilities_.back();
  const double share = (score - scores_[above - 1]) / (scores_[above] - scores_[above - 1]);
  return probabilities_[above - 1] + share * (probabilities_[above] - probabilities_[above - 1]);
}

}  // namespace rechub
