#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "rechub/kernels/kernel_table.h"

namespace rechub {

// Cross-entropy over all items: row r has the loss logsumexp_j(scale * x_r . w_j) - scale * x_r . w_target(r). Matrices are row-major, packed, of any alignment.
struct SoftmaxLossInput {
  int64_t num_rows = 0;
  int64_t num_items = 0;
  int64_t dim = 0;
  const float* x = nullptr;          // [num_rows, dim]
  const float* w = nullptr;          // [num_items, dim]
  const int64_t* targets = nullptr;  // [num_rows], each in [0, num_items)
  const float* weights = nullptr;    // [num_rows]; null: all 1
  float scale = 1.0f;

  // A softmax over a sample: `targets` is null, and the target is one candidate beside the items.
  const float* target_logits = nullptr;                        // [num_rows], complete: not scaled any more
  const float* item_bias = nullptr;                            // [num_items], added to the items' scaled logits; null: all 0
  std::span<const std::pair<int64_t, int64_t>> excluded = {};  // (row, item), ascending: items left out of a row's sum
};

// What to fill in beside the weighted sum; null where it is not wanted. Nothing may overlap the input.
struct SoftmaxLossOutput {
  float* row_losses = nullptr;  // [num_rows], before the weight
  float* dx = nullptr;          // [num_rows, dim], gradient of the weighted sum
  float* dw = nullptr;          // [num_items, dim], likewise
  float* dtargets = nullptr;    // [num_rows], likewise, by target_logits
};

// Returns the weighted sum of the rows' losses and fills `output`, forward and backward in one pass over tiles with all threads. Memory: a block of at most 96 rows of logits and
// one [num_items, dim] gradient a thread. The loss and dx do not depend on the number of threads; dw is the same bit for bit at the same number of threads. Large logits do not
// overflow; a NaN or an infinite logit gives a NaN loss. Throws kShape for sizes that are not positive (num_rows may be 0), kData for a target out of range.
double softmax_loss(const SoftmaxLossInput& input, const SoftmaxLossOutput& output, const KernelTable& table = kernels());

}  // namespace rechub
