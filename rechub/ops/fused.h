#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/ops/ops.h"

namespace rechub::ops::fused {

// The fused CPU float32 forms of ops.h, over the kernels of rechub/kernels. Arguments are checked and takes_fused() (dispatch.h) before they come here; windows need begin and end
// only.
at::Tensor dropout(const at::Tensor& x, double p, uint64_t seed);
at::Tensor window_pool(const at::Tensor& values, const Windows& windows, const std::string& mode);
at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Windows& windows, int64_t num_heads, double dropout_p, uint64_t seed);
at::Tensor additive_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& weight, const at::Tensor& x, const Windows& windows, bool normalised);
at::Tensor gru(const at::Tensor& x, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih, const at::Tensor& bias_hh, const Windows& windows,
               GruCell cell);
at::Tensor full_softmax_loss(const at::Tensor& x, const at::Tensor& w, const at::Tensor& targets, const at::Tensor& weights, double scale);
at::Tensor segment_weighted_sum(const at::Tensor& weights, const at::Tensor& x, const Windows& segments);
at::Tensor segment_dots(const at::Tensor& vectors, const at::Tensor& x, const Windows& segments);
at::Tensor segment_mix(const at::Tensor& weights, const at::Tensor& vectors, const Windows& segments);
at::Tensor sampled_softmax_loss(const at::Tensor& x, const SampledCandidates& sample, const at::Tensor& weights, double scale);

}  // namespace rechub::ops::fused
