#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/base/random.h"
#include "rechub/data/batch.h"
#include "rechub/data/split.h"
#include "rechub/layers/parameters.h"
#include "rechub/models/model.h"
#include "rechub/samplers/sampler.h"

namespace rechub {

// Hard negatives mined by the model in training (Huang et al., KDD 2020, section 3.2): items of the ranks mine_from .. mine_to of its own exact ranking for a user, whose training
// items are left out. The very first ranks are not taken, since what stands there is often wanted. Kept are kPerUser items a user, drawn by seed, anew every mine_every epochs.
class HardMining {
 public:
  static constexpr int64_t kPerUser = 32;

  // Throws kUsage where the catalogue has no such ranks.
  HardMining(const SamplerOptions& options, const Dataset& dataset, const Split& split);

  // Before an epoch (from 0), while no draw runs: mines where it is due, from epoch mine_every on. The result depends on the weights, the seed and the epoch.
  void start_epoch(int64_t epoch, const Model& model, const ParameterSet& parameters, uint64_t seed);

  // [R x hard_negatives] items for the readouts of a batch; a readout's own target where its user has none yet.
  std::vector<int64_t> draw(const SequenceBatch& batch, Random& random) const;

  const at::Tensor& state() const { return pool_; }  // int32 [user_rows, kPerUser], 0: nothing mined yet

 private:
  const Dataset& dataset_;
  const Split& split_;
  int64_t count_, every_, from_, to_;
  at::Tensor pool_;
};

}  // namespace rechub
