#pragma once

#include <cstdint>
#include <functional>

#include <ATen/core/Tensor.h>

#include "rechub/layers/encode_context.h"
#include "rechub/ops/window_pairs.h"

namespace rechub {

// Behaviour-to-interest dynamic routing (Sabour et al. 2017; Li et al., CIKM 2019, section 4.3; Cen et al., KDD 2020, algorithm 1). Each event i of a history casts a vote e_ij for
// each of K interests; the interests are what the votes agree on.
//
//   w_ij = softmax_j(b_ij)                over the INTERESTS, of active ones only: events are shared out, and a history's padding has no share
//   u_j  = squash(sum_i w_ij e_ij)
//   b_ij = b_ij + u_j . e_ij              all three `iterations` times, the last without the update
//
// Gradients flow through the last weighted sum and squash only: the weights are constants (EncodeContext::constant), as in the authors' code.

// The votes of a batch's pairs, by what routing asks of them. K ways, n windows; both are linear.
struct Votes {
  std::function<at::Tensor(const at::Tensor& weights)> sum;          // pairs [.., K] -> [n, K, D]: sum_i w_ij e_ij
  std::function<at::Tensor(const at::Tensor& interests)> agreement;  // [n, K, D] -> pairs [.., K]: u_j . e_ij
};

// The votes x_i for every j. x: pairs [.., D]. `pairs` must outlive the votes of all three.
Votes shared_votes(const WindowPairs& pairs, const at::Tensor& x);

// The votes W_j x_i, without making them: the sum is W_j sum_i w_ij x_i, the agreement (W_j^T u_j) . x_i. weight [K, D, D] (out, in).
Votes votes_by_interest(const WindowPairs& pairs, const at::Tensor& x, const at::Tensor& weight);

// The votes W_sj x_i of a matrix for every slot s of a window, counted from its oldest event, and interest. weight [max_length, K * D, D]; `pairs` are of padded windows.
Votes votes_by_slot(const WindowPairs& pairs, const at::Tensor& x, const at::Tensor& weight, int64_t num_interests);

// logits: pairs [.., K], b at the start, no gradient. active: bool [n, K] or undefined (all). iterations: 1 or more. Returns the interests [n, K, D], of a length below 1; 0 where
// not active, or where a window is empty.
at::Tensor route(const WindowPairs& pairs, const Votes& votes, const at::Tensor& logits, const at::Tensor& active, int64_t iterations, EncodeContext& context);

// (|x|^2 / (1 + |x|^2)) x / |x| along the last axis; 0 at 0, with the gradient 0.
at::Tensor squash(const at::Tensor& x);

}  // namespace rechub
