#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/bundle/tensor_file.h"
#include "rechub/layers/parameters.h"
#include "rechub/train/optimizer.h"

namespace rechub {

// Where a run stands. Random streams need no state: each is named by (seed, epoch, batch) or (seed, step).
struct TrainProgress {
  int64_t epoch = 0;      // epochs that are over
  int64_t batch = 0;      // next batch of the epoch that runs
  int64_t step = 0;       // updates so far
  double epoch_loss = 0;  // sums over the epoch that runs
  int64_t epoch_readouts = 0;
  int64_t best_epoch = 0;  // from 1; 0: none yet
  double best_metric = 0;
  int64_t evaluations_without_gain = 0;
};

// A copy of all weights: the best ones so far.
class WeightCopy {
 public:
  explicit WeightCopy(const ParameterSet& parameters);
  void copy_from(const ParameterSet& parameters);
  void copy_to(ParameterSet& parameters) const;
  std::vector<std::pair<std::string, at::Tensor>> tensors() const { return tensors_; }

 private:
  std::vector<std::pair<std::string, at::Tensor>> tensors_;
};

// What a checkpoint holds, by reference.
struct CheckpointState {
  TrainProgress progress;
  const ParameterSet* parameters;
  const WeightCopy* best;
  const Optimizer* optimizer;
  NamedTensors carried;  // states that session-parallel training carries on; empty otherwise
  NamedTensors sampler;  // what samplers and the contrastive objective remember (NegativeSource::state, Contrastive::state); may be empty
};

// Writes DIRECTORY/step-N as a whole or not at all (temporary name, fsync, rename, fsync of the directory; a checksum of every file), then removes all but the two newest. Throws
// kData where it cannot; older checkpoints stay.
void save_checkpoint(const std::string& directory, const CheckpointState& state);

// Loads the newest checkpoint whose checksums are right into the tensors of `state` and returns true with its progress; damaged ones are skipped with a warning. False where there
// is none. Throws kData where all are damaged, and where a checkpoint belongs to another model (names or shapes differ).
bool load_newest_checkpoint(const std::string& directory, const CheckpointState& state, TrainProgress& progress);

}  // namespace rechub
