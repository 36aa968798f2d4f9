#pragma once

#include <ATen/core/Tensor.h>

#include "rechub/ops/windows.h"

namespace rechub::ops {

// The three products of attention over packed pairs: weights [T, K] of pairs for K ways, vectors [n, K, E] of windows, x [T, E] of pairs. `segments` are the pairs of each window:
// they cover [0, T) one behind the other. Each is linear in both arguments, and their gradients are the other two. Fused for CPU float32, without the [T, K, E] that the composite
// form makes.
at::Tensor segment_weighted_sum(const at::Tensor& weights, const at::Tensor& x, const Windows& segments);  // [n, K, E]: sum over the pairs of w of weights[t, k] x[t]
at::Tensor segment_dots(const at::Tensor& vectors, const at::Tensor& x, const Windows& segments);          // [T, K]: vectors[w, k] . x[t]
at::Tensor segment_mix(const at::Tensor& weights, const at::Tensor& vectors, const Windows& segments);     // [T, E]: sum over k of weights[t, k] vectors[w, k]

}  // namespace rechub::ops
