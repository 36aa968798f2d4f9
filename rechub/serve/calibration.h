#pragma once

#include <span>
#include <vector>

namespace rechub {

// One candidate of a case whose answer is known.
struct JudgedScore {
  float score = 0;
  bool is_hit = false;
};

// Scores as probabilities: the non-decreasing function of the score that is nearest, in squares, to whether candidates were right (isotonic regression by pooling adjacent
// violators; Zadrozny and Elkan, KDD 2002), linear between the middles of its steps so that higher scores stay higher.
class Calibration {
 public:
  explicit Calibration(std::vector<JudgedScore> judged);  // may be empty: then every probability is 0
  double probability(float score) const;

 private:
  std::vector<double> scores_, probabilities_;  // of the steps, ascending
};

}  // namespace rechub
