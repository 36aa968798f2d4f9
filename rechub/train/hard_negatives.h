#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace rechub {

// For each readout the `count` other users' targets of the batch that score highest, where a hard negative is another positive of the batch (Huang et al., KDD 2020, section 3.1).
// users [R, D]; items [N, D]; targets int64 [R], rows of items; sequence int64 [R]: whose readout it is, as no target of a user is a negative of the same user. Returns rows of
// items, int64 [R, count]; a readout for which the batch has fewer gets its own target in their place. No gradient flows through the choice.
at::Tensor hardest_in_batch(const at::Tensor& users, const at::Tensor& items, const at::Tensor& targets, const at::Tensor& sequence, int64_t count);

}  // namespace rechub
