#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rechub/data/batch.h"
#include "rechub/layers/parameters.h"
#include "rechub/models/model.h"
#include "rechub/train/trainer.h"

namespace rechub {

// What a run will hold in memory beside the mapped data set, whose pages the system takes back when it needs them: sizes that follow from the data, and a cautious estimate of what
// a step keeps for its gradients. Bytes are private memory (RssAnon), at the largest moment.
class TrainingMemory {
 public:
  // To be made once the model is built and before training: what the process holds by then is part of the plan.
  TrainingMemory(const Dataset& dataset, const Split& split, std::span<const Window> windows, const Model& model, const ParameterSet& parameters, const TrainPlan& plan);

  int64_t total() const;
  std::string text(int64_t limit) const;  // "memory plan for 4.00G: 310M the program and its tables, 120M ...; 610M in all"

  // Throws kData where the plan is above `limit`, saying what would help.
  void check_plan(int64_t limit) const;
  // Throws kUsage where the negatives of a step and their scores take more than the machine has.
  void check_negatives() const;
  // Throws kData where the process holds more than `limit` by now. Cheap enough for every step.
  static void check_now(int64_t limit);

 private:
  int64_t negatives_ = 0;  // what those of a step take
  std::vector<std::pair<std::string, int64_t>> parts_;
};

}  // namespace rechub
