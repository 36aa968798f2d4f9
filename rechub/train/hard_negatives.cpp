#include "rechub/train/hard_negatives.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include <ATen/ATen.h>

namespace rechub {

at::Tensor hardest_in_batch(const at::Tensor& users, const at::Tensor& items, const at::Tensor& targets, const at::Tensor& sequence, int64_t count) {
  at::NoGradGuard no_grad;
  const auto [candidates, place] = at::_unique(targets, true, true);  // [T], [R]
  const at::Tensor owned = at::zeros({sequence.max().item<int64_t>() + 1, candidates.size(0)}, at::kBool);
  owned.index_put_({sequence, place}, at::ones({}, at::kBool));  // [B, T]
  const double nobody = -std::numeric_limits<double>::infinity();
  const at::Tensor scores = at::matmul(users, items.index_select(0, candidates).t()).masked_fill(owned.index_select(0, sequence), nobody);  // [R, T]
  const int64_t found = std::min(count, candidates.size(0));
  const auto [best, at] = scores.topk(found, 1);  // [R, found]
  at::Tensor chosen = targets.unsqueeze(1).repeat({1, count});
  chosen.narrow(1, 0, found).copy_(at::where(at::isinf(best), targets.unsqueeze(1), candidates.index_select(0, at.reshape({-1})).view(at.sizes())));
  return chosen;
}

}  // namespace rechub
