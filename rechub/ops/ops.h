#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/ops/windows.h"

namespace rechub::ops {

// Differentiable operations. Each has a composite LibTorch form, which is its definition (any device, double precision, second derivatives not needed), and may have a fused CPU
// float32 form, which is taken when all inputs are CPU float32 and `force_composite()` is off, and must match it. All tensors float32 or float64; indices int64. P packed
// positions, n windows.

bool force_composite() noexcept;
void set_force_composite(bool on) noexcept;  // tests and the ONNX export switch it on

// Zeroes elements with probability p and scales the rest by 1 / (1 - p). Which ones is a pure function of (seed, flat position), independent of threads. p = 0 returns x itself.
at::Tensor dropout(const at::Tensor& x, double p, uint64_t seed);

// How many positions of its window lie behind each packed position: 0 for a window's last, 1 for the one before it, ... int64 [P], P = values.size(0); 0 for rows of no window. Not
// differentiable. With a padded view given (windows.index), the packed axis must be its flattened [n, L].
at::Tensor slots_from_end(const Windows& windows, const at::Tensor& values);

// Pools values [P, E] over windows to [n, E]; empty windows give 0. mode: "mean", "sum", "max".
at::Tensor window_pool(const at::Tensor& values, const Windows& windows, const std::string& mode);

// Multi-head causal self-attention inside each window: position i of a window attends to positions <= i of the same window. q, k, v: [P, D], D a multiple of num_heads; scores are
// scaled by 1 / sqrt(D / num_heads); dropout falls on the attention weights (seed as in dropout). Windows must not overlap. Rows of no window give 0. Returns [P, D].
at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Windows& windows, int64_t num_heads, double dropout_p, uint64_t seed);

// Additive attention (Bahdanau et al. 2015) of each window over its positions: s_j = sum_c weight_c sigmoid(q_c + k_jc), out = sum_j w_j x_j with w = s, or softmax(s) over the
// window where normalised. q [n, W], one a window; k [P, W], weight [1, W], x [P, E]. Windows may overlap; an empty one gives 0. Returns [n, E]. The fused form keeps one number a
// pair of window and position; the composite form 2 W + E of them.
at::Tensor additive_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& weight, const at::Tensor& x, const Windows& windows, bool normalised);

enum class GruCell {
  kResetAfter,   // cuDNN, PyTorch: n = tanh(W x + b + r * (U h + c)), h' = (1 - z) n + z h
  kResetBefore,  // Cho 2014, Hidasi 2016: n = tanh(W x + b + U (r * h) + c), h' = z n + (1 - z) h
};
// A GRU layer run over each window from a zero state. x: [P, E]; weight_ih [3H, E], weight_hh [3H, H], bias_ih and bias_hh [3H], gates in order r, z, n (PyTorch's). Windows must
// not overlap. Returns the state at every position [P, H]; rows of no window give 0.
at::Tensor gru(const at::Tensor& x, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih, const at::Tensor& bias_hh, const Windows& windows,
               GruCell cell);

// One step of the same layer from given states: x [n, E], state [n, H] -> [n, H]. Composite only.
at::Tensor gru_step(const at::Tensor& x, const at::Tensor& state, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih, const at::Tensor& bias_hh,
                    GruCell cell);

// Cross-entropy over all N items in tiles, the R x N logits never stored: sum_r weight_r * (logsumexp_j(scale * x_r . w_j) - scale * x_r . w_target(r)). x [R, D], w [N, D],
// targets int64 [R], weights [R] or undefined (all 1). Returns a scalar. The fused form computes the gradients with the loss, in one pass over the tiles.
at::Tensor full_softmax_loss(const at::Tensor& x, const at::Tensor& w, const at::Tensor& targets, const at::Tensor& weights, double scale);

// What a softmax over a sample is taken of: K candidates for all readouts, and each readout's target.
struct SampledCandidates {
  at::Tensor vectors;        // [K, D]
  at::Tensor target_logits;  // [R], complete: not scaled any more
  at::Tensor bias;           // [K], added to the candidates' scaled scores (-log of the expected count); no gradient
  at::Tensor target_ids;     // int64 [R]
  at::Tensor ids;            // int64 [K]; a candidate that is a readout's own target does not count for it
};
// sum_r weight_r * (log(exp(target_r) + sum over k with ids_k != target_ids_r of exp(scale * x_r . vectors_k + bias_k)) - target_r), target_r the target's logit. x [R, D], weights
// [R] or undefined (all 1). Returns a scalar. The fused form computes the gradients with the loss, as full_softmax_loss does.
at::Tensor sampled_softmax_loss(const at::Tensor& x, const SampledCandidates& sample, const at::Tensor& weights, double scale);

}  // namespace rechub::ops
