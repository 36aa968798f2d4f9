#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/base/parallel.h"
#include "rechub/kernels/kernel_table.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

constexpr int64_t kGrain = 16384;  // elements

at::Tensor masked(const at::Tensor& input, double p, uint64_t seed) {
  const at::Tensor x = input.contiguous();
  at::Tensor y = at::empty_like(x);
  const DropoutRule rule = dropout_rule(p, seed);
  const float* from = x.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end, int) { kernels().dropout.apply(rule, from + begin, to + begin, begin, end - begin); });
  return y;
}

// The mask is computed again in backward: cheaper than to store and read it.
struct Dropout : torch::autograd::Function<Dropout> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, double p, int64_t seed) {
    context->saved_data["p"] = p;
    context->saved_data["seed"] = seed;
    return masked(x, p, static_cast<uint64_t>(seed));
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    return {masked(gradients[0], context->saved_data["p"].toDouble(), static_cast<uint64_t>(context->saved_data["seed"].toInt())), {}, {}};
  }
};

}  // namespace

at::Tensor dropout(const at::Tensor& x, double p, uint64_t seed) { return Dropout::apply(x, p, static_cast<int64_t>(seed)); }

}  // namespace rechub::ops::fused
