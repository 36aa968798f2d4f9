#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/base/options.h"
#include "rechub/base/random.h"
#include "rechub/models/model.h"

namespace rechub {

// A second objective beside any loss: two views of a user's history should be nearer to each other than to other users' (Chen et al., ICML 2020, SimCLR; Xie et al., ICDE 2022).
struct ContrastiveOptions {
  double contrastive_weight = 0;
  std::vector<std::string> views = {"crop", "mask"};
  double contrastive_temperature = 0.1;
  double crop_share = 0.6;
  double mask_share = 0.3;
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage for a value out of range or an unknown view, naming it
};

// A view of every user of a batch: the events of its sequences that `view` keeps, read out once, at their end. "dropout": all, so that two views differ by the model's dropout;
// "crop": crop_share of them, in a row; "mask": each but with probability mask_share. At least one event of a sequence stays. A masked event is taken out of the packed sequence,
// as padding would be. The items of `batch` stay; only what numbers positions and readouts changes.
void make_view(UserBatch& batch, const std::string& view, const ContrastiveOptions& options, Random& random);

// InfoNCE of two views of a batch's users, a scalar. `batch` is used up but for its items, which are encoded once for everything.
at::Tensor contrastive_loss(const Model& model, UserBatch& batch, const ContrastiveOptions& options, EncodeContext& context);

}  // namespace rechub
