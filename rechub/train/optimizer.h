#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/layers/parameters.h"
#include "rechub/models/batch_assembly.h"
#include "rechub/train/train_options.h"

namespace rechub {

// One gradient a table a step, one update. Holds the state of every parameter; not thread-safe.
class Optimizer {
 public:
  // Throws kUsage for an unknown optimizer. `parameters` must outlive it and keep its tables.
  Optimizer(const OptimizerOptions& options, ParameterSet& parameters);

  // Updates dense parameters from their grad() (undefined: untouched) and clears it; updates table t's rows from leaf_gradients[t] (undefined: untouched), whose row r belongs to
  // table row leaves[t]->first_row + r or leaves[t]->rows[r]. Returns the global norm of all gradients before clipping.
  double step(std::vector<at::Tensor> leaf_gradients, const std::vector<const LeafRows*>& leaves, double learning_rate);

  // The state by name ("adam.m.item.id"), sharing memory: to save, or to load into.
  std::vector<std::pair<std::string, at::Tensor>> state() const;

 private:
  struct Slot {
    std::string name;
    at::Tensor values;         // [rows, width]; a dense parameter is one row
    at::Tensor first, second;  // adam: means of gradients and of squares; adagrad: second only
    at::Tensor steps;          // adam: int32 [rows]
  };
  void update(Slot& slot, const at::Tensor& gradient, const LeafRows* leaf, double learning_rate, double clip_scale);
  OptimizerOptions options_;
  ParameterSet& parameters_;
  std::vector<Slot> dense_, tables_;
};

// The step size at `step` (from 0) of `total_steps`: linear warm-up, then constant or half a cosine to 0.
double scheduled_learning_rate(const OptimizerOptions& options, int64_t step, int64_t total_steps);

}  // namespace rechub
