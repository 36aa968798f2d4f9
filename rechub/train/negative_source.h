#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/losses/loss.h"
#include "rechub/models/batch_assembly.h"
#include "rechub/samplers/sampler.h"
#include "rechub/train/hard_mining.h"
#include "rechub/train/item_queue.h"
#include "rechub/train/momentum_encoder.h"

namespace rechub {

// Where the negatives of a run come from: its sampler, with what that has learnt, its hard negatives and its queue.
class NegativeSource {
 public:
  // `sampler`: a name of the registry, "" for the loss's own, "none" for a loss that learns from labels alone. Throws kUsage where sampler, loss and options do not fit together,
  // saying what to change.
  NegativeSource(const std::string& sampler, SamplerOptions options, const LossEntry& loss, const Dataset& dataset, const Split& split);

  // What the queue's entries are encoded with; before training. Does nothing for other samplers.
  void bind(const Model& model, ParameterSet& parameters);
  // Mines hard negatives where it is due: on the training thread, before an epoch (from 0) and while no batch is drawn.
  void start_epoch(int64_t epoch, const Model& model, const ParameterSet& parameters, uint64_t seed);

  BatchNegatives draw(const SequenceBatch& batch, uint64_t seed) const;  // on loader threads; a pure function of its arguments
  void revise(int64_t step, AssembledBatch& batch);                      // on the training thread, every batch in order, `step` from 1
  void after_update();                                                   // of the weights

  int64_t hard_in_batch() const { return hard_in_batch_; }  // hard negatives of each readout, to be chosen from the batch
  ItemQueue* queue() { return queue_ ? &*queue_ : nullptr; }
  MomentumEncoder* momentum_encoder() { return momentum_encoder_ ? &*momentum_encoder_ : nullptr; }

  // What draws depend on besides seed and batch, sharing memory: to save, or to load into. Empty for samplers without a memory.
  std::vector<std::pair<std::string, at::Tensor>> state();

 private:
  std::unique_ptr<Sampler> sampler_;  // null: none
  bool has_memory_ = false;
  int64_t hard_in_batch_ = 0;
  SamplerOptions options_;
  const Dataset& dataset_;
  const Split& split_;
  int64_t shown_ = 0;
  std::optional<HardMining> mining_;
  std::optional<ItemQueue> queue_;
  std::optional<MomentumEncoder> momentum_encoder_;
  bool has_queue_ = false;
};

}  // namespace rechub
