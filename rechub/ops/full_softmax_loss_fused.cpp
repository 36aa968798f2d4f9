#include <optional>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/kernels/softmax_loss.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

// The gradients come with the loss, for a loss of weight 1; backward only scales them.
struct FullSoftmaxLoss : torch::autograd::Function<FullSoftmaxLoss> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_input, const at::Tensor& w_input, const at::Tensor& targets_input,
                            const std::optional<at::Tensor>& weights_input, double scale, bool wants_dx, bool wants_dw) {
    const at::Tensor x = x_input.contiguous(), w = w_input.contiguous(), targets = targets_input.contiguous();
    const at::Tensor weights = weights_input ? weights_input->contiguous() : at::Tensor();
    const at::Tensor dx = wants_dx ? at::empty_like(x) : at::Tensor(), dw = wants_dw ? at::empty_like(w) : at::Tensor();
    SoftmaxLossInput input;
    input.num_rows = x.size(0);
    input.num_items = w.size(0);
    input.dim = x.size(1);
    input.x = x.const_data_ptr<float>();
    input.w = w.const_data_ptr<float>();
    input.targets = targets.const_data_ptr<int64_t>();
    input.weights = weights.defined() ? weights.const_data_ptr<float>() : nullptr;
    input.scale = static_cast<float>(scale);
    SoftmaxLossOutput output;
    output.dx = wants_dx ? dx.mutable_data_ptr<float>() : nullptr;
    output.dw = wants_dw ? dw.mutable_data_ptr<float>() : nullptr;
    const double loss = softmax_loss(input, output);
    context->save_for_backward({dx, dw});
    return at::scalar_tensor(loss, at::kDouble).to(at::kFloat);  // beyond a float it is infinite
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const float factor = gradients[0].item<float>();
    // Not in place, as the graph may be walked twice; a factor of 1 costs nothing.
    const auto scaled = [&](const at::Tensor& gradient) { return !gradient.defined() || factor == 1.0f ? gradient : gradient * factor; };
    return {scaled(saved[0]), scaled(saved[1]), {}, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor full_softmax_loss(const at::Tensor& x, const at::Tensor& w, const at::Tensor& targets, const at::Tensor& weights, double scale) {
  const bool records = at::GradMode::is_enabled();
  const std::optional<at::Tensor> given_weights = weights.defined() ? std::optional(weights) : std::nullopt;
  return FullSoftmaxLoss::apply(x, w, targets, given_weights, scale, records && x.requires_grad(), records && w.requires_grad());
}

}  // namespace rechub::ops::fused
