#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/base/options.h"
#include "rechub/base/random.h"
#include "rechub/models/batch_assembly.h"
#include "rechub/models/model.h"
#include "rechub/train/momentum_encoder.h"
#include "rechub/train/vector_ring.h"

namespace rechub {

// A second objective beside any loss: two views of a user's history should be nearer to each other than to other users' (Chen et al., ICML 2020, SimCLR; Xie et al., ICDE 2022).
struct ContrastiveOptions {
  double contrastive_weight = 0;
  std::vector<std::string> views = {"crop", "mask"};
  double contrastive_temperature = 0.1;
  double crop_share = 0.6;
  double mask_share = 0.3;
  int64_t contrastive_queue = 0;
  double contrastive_momentum = 0.99;
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage for a value out of range or an unknown view, naming it
};

// A view of every user of a batch: the events of its sequences that `view` keeps, read out once, at their end. "dropout": all, so that two views differ by the model's dropout;
// "crop": crop_share of them, in a row; "mask": each but with probability mask_share. At least one event of a sequence stays. A masked event is taken out of the packed sequence,
// as padding would be. The items of `batch` stay; only what numbers positions and readouts changes.
void make_view(UserBatch& batch, const std::string& view, const ContrastiveOptions& options, Random& random);

// The second objective of a run. With a queue, the second view is encoded by weights that follow the model's slowly and is told apart from the newest views of other users, too (He
// et al., CVPR 2020, MoCo), so that it needs no large batch. `model` and `parameters` must outlive it.
class Contrastive {
 public:
  Contrastive(const ContrastiveOptions& options, const Model& model, ParameterSet& parameters);

  bool is_used() const { return options_.contrastive_weight > 0; }

  // The second views of a batch by the slow weights, [B, Q D]; undefined without a queue. Before the model's own weights get a graph.
  at::Tensor keys(const UserBatch& users, const AssembledBatch& batch, EncodeContext& context);

  // The weighted InfoNCE, a scalar; `owners` are the users [B] of the batch, which then enter the queue with their keys. `users` is used up but for its items, which are encoded
  // once for everything.
  at::Tensor loss(UserBatch& users, const at::Tensor& keys, const at::Tensor& owners, EncodeContext& context);

  void after_update();  // of the weights

  // Of queue and slow weights, sharing memory: to save, or to load into. Empty without a queue.
  std::vector<std::pair<std::string, at::Tensor>> state() const;

 private:
  ContrastiveOptions options_;
  const Model& model_;
  std::optional<VectorRing> queue_;
  std::optional<MomentumEncoder> momentum_encoder_;
};

}  // namespace rechub
