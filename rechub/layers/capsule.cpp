#include "rechub/layers/capsule.h"

#include <ATen/ATen.h>

namespace rechub {
namespace {

constexpr double kMasked = -1e30;

at::Tensor share_out(const at::Tensor& logits, const at::Tensor& inactive) {
  return at::softmax(inactive.defined() ? logits.masked_fill(inactive, kMasked) : logits, -1);  // pairs [.., K]
}

}  // namespace

at::Tensor squash(const at::Tensor& x) {
  const at::Tensor square = (x * x).sum(-1, /*keepdim=*/true);
  return x * (square / (1 + square) / at::sqrt(square + 1e-18));
}

Votes shared_votes(const WindowPairs& pairs, const at::Tensor& x) {
  return {[&pairs, x](const at::Tensor& weights) { return pairs.weighted_sum(weights, x); }, [&pairs, x](const at::Tensor& interests) { return pairs.dots(interests, x); }};
}

Votes votes_by_interest(const WindowPairs& pairs, const at::Tensor& x, const at::Tensor& weight) {
  // [n, K, D] times a matrix an interest.
  const auto map = [](const at::Tensor& v, const at::Tensor& by_interest) { return at::matmul(v.transpose(0, 1), by_interest).transpose(0, 1); };
  return {[&pairs, x, weight, map](const at::Tensor& weights) { return map(pairs.weighted_sum(weights, x), weight.transpose(1, 2)); },
          [&pairs, x, weight, map](const at::Tensor& interests) { return pairs.dots(map(interests, weight), x); }};
}

Votes votes_by_slot(const WindowPairs& pairs, const at::Tensor& x, const at::Tensor& weight, int64_t num_interests) {
  const at::Tensor slots = pairs.steps_from_begin().select(0, 0);                                                       // [L] 0, 1, ...
  const at::Tensor of_slots = weight.index_select(0, slots).transpose(1, 2);                                            // [L, D, K * D]
  const at::Tensor votes = at::matmul(x.transpose(0, 1), of_slots).transpose(0, 1);                                     // [n, L, K * D]
  const at::Tensor by_interest = votes.unflatten(2, {num_interests, weight.size(2)});                                   // [n, L, K, D]
  return {[&pairs, by_interest](const at::Tensor& weights) { return pairs.sum(weights.unsqueeze(-1) * by_interest); },  // [n, K, D]
          [by_interest](const at::Tensor& interests) { return (by_interest * interests.unsqueeze(1)).sum(-1); }};       // [n, L, K]
}

at::Tensor route(const WindowPairs& pairs, const Votes& votes, const at::Tensor& logits, const at::Tensor& active, int64_t iterations, EncodeContext& context) {
  const at::Tensor inactive = active.defined() ? pairs.of_windows(active.logical_not()) : at::Tensor();
  const at::Tensor weights = context.constant([&] {
    at::Tensor b = logits, shares = share_out(b, inactive);
    for (int64_t r = 1; r < iterations; ++r) {
      b = b + votes.agreement(squash(votes.sum(shares)));
      shares = share_out(b, inactive);
    }
    return shares;
  });
  return squash(votes.sum(weights));
}

}  // namespace rechub
