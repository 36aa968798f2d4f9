#pragma once

// For tests of ops and layers: gradients against finite differences, and the fused form against the composite one.

#include <functional>
#include <vector>

#include <ATen/ATen.h>

#include "rechub/ops/windows.h"

namespace rechub::ops {

using TensorFunction = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Standard normal values from a generator of its own, so that tests do not depend on each other.
at::Tensor random_tensor(std::vector<int64_t> shape, uint64_t seed, at::ScalarType type = at::kDouble);

// Windows of these lengths, one behind the other, with `gap` packed positions of no window before each.
Windows consecutive_windows(const std::vector<int64_t>& lengths, int64_t gap = 0);
Windows windows_of(const std::vector<int64_t>& begin, const std::vector<int64_t>& end);

// The output of f and the gradients of sum(f * cotangent) by every input; the cotangent is random, of f's shape.
std::vector<at::Tensor> output_and_gradients(const TensorFunction& f, const std::vector<at::Tensor>& inputs);

// The largest |gradient - central difference| over all elements of all inputs, relative to the largest |gradient| of its input. Inputs are double.
double gradient_error(const TensorFunction& f, const std::vector<at::Tensor>& inputs);

// The largest |a - b| relative to the largest |b|; infinity where shapes differ or a is not finite.
double relative_error(const at::Tensor& a, const at::Tensor& b);

// The largest relative error of output and gradients in float32, against the composite form in float64 on the same inputs.
double fused_error(const TensorFunction& f, const std::vector<at::Tensor>& inputs);

// Switches force_composite() for a scope.
class CompositeScope {
 public:
  explicit CompositeScope(bool on = true);
  ~CompositeScope();
  CompositeScope(const CompositeScope&) = delete;
  CompositeScope& operator=(const CompositeScope&) = delete;

 private:
  bool before_;
};

}  // namespace rechub::ops
