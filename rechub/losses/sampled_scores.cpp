#include <ATen/ATen.h>

#include "rechub/losses/loss.h"

namespace rechub {
namespace {

// Scores of a list of items a readout: rows [R, K] -> [R, K].
at::Tensor scores_of_lists(const LossInput& input, const at::Tensor& rows) {
  const at::Tensor vectors = input.items.index_select(0, rows.reshape({-1})).view({rows.size(0), rows.size(1), -1});  // [R, K, D]
  return at::matmul(vectors, input.users.unsqueeze(2)).squeeze(2) * input.scale;
}

// Hard negatives [R, H] that are the readout's own target, or stand further left in its list already.
at::Tensor hard_hits(const at::Tensor& hard, const at::Tensor& targets) {
  at::Tensor hits = at::eq(hard, targets);
  for (int64_t h = 1; h < hard.size(1); ++h) {
    const at::Tensor is_repeated = at::eq(hard.narrow(1, 0, h), hard.narrow(1, h, 1)).any(1);  // [R]
    hits.select(1, h).logical_or_(is_repeated);
  }
  return hits;
}

}  // namespace

at::Tensor ids_of(const LossInput& input, const at::Tensor& rows) {
  return input.item_ids.defined() ? input.item_ids.index_select(0, rows.reshape({-1})).view(rows.sizes()) : rows;
}

at::Tensor target_scores(const LossInput& input) { return (input.users * input.items.index_select(0, input.targets)).sum(1) * input.scale; }

SampledScores sampled_scores(const LossInput& input, DrawnHard drawn_hard) {
  SampledScores scores;
  scores.target = target_scores(input);  // [R]
  const bool is_shared = input.negatives.dim() == 1;
  scores.negative = is_shared ? at::matmul(input.users, input.items.index_select(0, input.negatives).t()) * input.scale : scores_of_lists(input, input.negatives);  // [R, K]
  const at::Tensor drawn = ids_of(input, is_shared ? input.negatives.unsqueeze(0) : input.negatives);                                                               // [1 or R, K]
  const at::Tensor targets = ids_of(input, input.targets).unsqueeze(1);                                                                                             // [R, 1]
  scores.is_hit = at::eq(drawn, targets);                                                                                                                           // [R, K]
  scores.log_expected = input.log_expected;
  if (!input.hard.defined()) return scores;
  const at::Tensor hard = ids_of(input, input.hard);  // [R, H]
  for (int64_t h = 0; drawn_hard == DrawnHard::kOnce && h < hard.size(1); ++h) scores.is_hit = at::logical_or(scores.is_hit, at::eq(drawn, hard.narrow(1, h, 1)));
  scores.is_hit = at::cat({scores.is_hit, hard_hits(hard, targets)}, 1);
  scores.negative = at::cat({scores.negative, scores_of_lists(input, input.hard)}, 1);
  const at::Tensor always = at::zeros(input.hard.sizes(), input.log_expected.options());
  scores.log_expected = at::cat({input.log_expected.expand({input.hard.size(0), drawn.size(1)}), always}, 1);
  return scores;
}

at::Tensor weighted_mean(const at::Tensor& per_readout, const at::Tensor& weights) {
  if (!weights.defined()) return per_readout.mean();
  return (per_readout * weights).sum() / weights.sum().clamp_min(1e-12);  // all 0: the loss is 0
}

at::Tensor mean_without_hits(const at::Tensor& per_negative, const at::Tensor& is_hit) {
  const at::Tensor kept = at::logical_not(is_hit).to(per_negative.scalar_type());
  return (per_negative * kept).sum(1) / at::clamp_min(kept.sum(1), 1);
}

}  // namespace rechub
