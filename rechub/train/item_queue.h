#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/losses/loss.h"
#include "rechub/samplers/batch_targets.h"
#include "rechub/train/vector_ring.h"

namespace rechub {

// The newest targets of former batches with their vectors, as further negatives that cost no encoding (He et al., CVPR 2020; in the vectors of MomentumEncoder). The oldest leave
// when it is full. Each entry is a draw by the items' share of training events.
class ItemQueue {
 public:
  ItemQueue(int64_t size, int64_t dim, std::span<const int64_t> item_counts);

  // Puts the queue's entries behind input.items and input.negatives (a shared list), with each entry's item in item_ids (the batch's: `items` [N], items of the data set), so that
  // an entry of a readout's own target is an accidental hit. Corrections become the log of how often an item is expected in batch and queue together.
  void extend(LossInput& input, const at::Tensor& items) const;

  void push(const at::Tensor& items, const at::Tensor& vectors) { entries_.push(items, vectors); }  // int64 [n] items of the data set, [n, D]

  std::vector<std::pair<std::string, at::Tensor>> state() const { return entries_.state("queue"); }

 private:
  at::Tensor share_;  // double [item_rows] of the training events
  VectorRing entries_;
};

}  // namespace rechub
