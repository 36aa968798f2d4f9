#pragma once

#include <ATen/core/Tensor.h>

#include "rechub/ops/windows.h"

namespace rechub {

// All (window, position) pairs of windows that may overlap: what attention over the history of each readout is computed on. A pair tensor has the pairs in front: [T, ...] with T
// the sum of the windows' lengths, nothing being computed for padding, or [n, L, ...] where the windows come padded (index and mask set, as in an ONNX export). So work on a pair
// tensor goes along its last dimensions only (linear maps, activations, products), and these functions do the rest. Differentiable, in any precision, and free of sizes read as
// integers when padded.
class WindowPairs {
 public:
  explicit WindowPairs(const Windows& windows);

  at::Tensor of_positions(const at::Tensor& values) const;  // [P, ...] -> pairs: each pair's position
  at::Tensor of_windows(const at::Tensor& values) const;    // [n, ...] -> pairs: each pair's window ([n, 1, ...] where padded, to be broadcast)

  // Softmax over the pairs of each window, for every column: pairs [.., K] -> the same shape. Padding gets 0.
  at::Tensor softmax(const at::Tensor& scores) const;

  // Pairs x [.., E] summed over each window, [n, E]; with weights [.., K] in K ways, [n, K, E]. Empty windows give 0.
  at::Tensor sum(const at::Tensor& x) const;
  at::Tensor weighted_sum(const at::Tensor& weights, const at::Tensor& x) const;

  // K vectors a window [n, K, E] with its pairs x [.., E]: the dot products, pairs [.., K]; and their mixture by each pair's weights [.., K], pairs [.., E].
  at::Tensor dots(const at::Tensor& vectors, const at::Tensor& x) const;
  at::Tensor mix(const at::Tensor& weights, const at::Tensor& vectors) const;

  // How long each window is: [n, 1], in the precision of `like`.
  at::Tensor lengths(const at::Tensor& like) const;

  // 0 for a window's last pair, 1 for the one before it, ...: int64, pairs without further dimensions.
  at::Tensor steps_from_end() const;
  // 0 for a window's first pair, 1 for the next, ...: likewise.
  at::Tensor steps_from_begin() const;

 private:
  at::Tensor keep(const at::Tensor& x) const;  // padding zeroed

  bool is_padded_;
  Windows windows_;
  at::Tensor window_, position_;  // int64 [T]
  Windows segments_;              // the windows over the pairs
};

}  // namespace rechub
