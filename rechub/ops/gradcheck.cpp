#include "rechub/ops/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <torch/csrc/autograd/autograd.h>

#include "rechub/base/random.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {

at::Tensor random_tensor(std::vector<int64_t> shape, uint64_t seed, at::ScalarType type) {
  at::Tensor result = at::empty(shape, at::kDouble);
  Random random(seed);
  double* values = result.mutable_data_ptr<double>();
  for (int64_t i = 0; i < result.numel(); ++i) values[i] = random.normal();
  return result.to(type);
}

Windows windows_of(const std::vector<int64_t>& begin, const std::vector<int64_t>& end) {
  Windows windows;
  windows.begin = at::tensor(at::IntArrayRef(begin), at::kLong);
  windows.end = at::tensor(at::IntArrayRef(end), at::kLong);
  return windows;
}

Windows consecutive_windows(const std::vector<int64_t>& lengths, int64_t gap) {
  std::vector<int64_t> begin, end;
  int64_t position = 0;
  for (int64_t length : lengths) {
    begin.push_back(position + gap);
    position += gap + length;
    end.push_back(position);
  }
  return windows_of(begin, end);
}

std::vector<at::Tensor> output_and_gradients(const TensorFunction& f, const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) leaves.push_back(input.detach().clone().requires_grad_());
  const at::Tensor output = f(leaves);
  const at::Tensor cotangent = random_tensor(output.sizes().vec(), 77, output.scalar_type());
  std::vector<at::Tensor> results = torch::autograd::grad({output}, leaves, {cotangent});
  results.insert(results.begin(), output.detach());
  return results;
}

double gradient_error(const TensorFunction& f, const std::vector<at::Tensor>& inputs) {
  constexpr double kStep = 1e-5;
  const std::vector<at::Tensor> analytic = output_and_gradients(f, inputs);
  const at::Tensor cotangent = random_tensor(analytic[0].sizes().vec(), 77);
  double worst = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::vector<at::Tensor> moved;
    for (const at::Tensor& input : inputs) moved.push_back(input.detach().clone());
    const at::Tensor numeric = at::empty_like(inputs[i], at::MemoryFormat::Contiguous);
    double* element = moved[i].mutable_data_ptr<double>();
    for (int64_t j = 0; j < inputs[i].numel(); ++j) {
      const double start = element[j];
      element[j] = start + kStep;
      const double above = (f(moved) * cotangent).sum().item<double>();
      element[j] = start - kStep;
      const double below = (f(moved) * cotangent).sum().item<double>();
      element[j] = start;
      numeric.mutable_data_ptr<double>()[j] = (above - below) / (2 * kStep);
    }
    worst = std::max(worst, relative_error(analytic[i + 1], numeric));
  }
  return worst;
}

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes() || !at::isfinite(a).all().item<bool>()) return std::numeric_limits<double>::infinity();
  if (a.numel() == 0) return 0;
  const double difference = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
  const double largest = b.to(at::kDouble).abs().max().item<double>();
  return largest > 0 ? difference / largest : difference;
}

double fused_error(const TensorFunction& f, const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> single, exact;
  for (const at::Tensor& input : inputs) {
    single.push_back(input.to(at::kFloat));
    exact.push_back(single.back().to(at::kDouble));
  }
  const std::vector<at::Tensor> fused = output_and_gradients(f, single);
  CompositeScope scope;
  const std::vector<at::Tensor> truth = output_and_gradients(f, exact);
  double worst = 0;
  for (size_t i = 0; i < fused.size(); ++i) worst = std::max(worst, relative_error(fused[i], truth[i]));
  return worst;
}

CompositeScope::CompositeScope(bool on) : before_(force_composite()) { set_force_composite(on); }
CompositeScope::~CompositeScope() { set_force_composite(before_); }

}  // namespace rechub::ops
