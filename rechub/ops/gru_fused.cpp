#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/kernels/gru_layer.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

// What a layer needs beside x, by name.
struct LayerTensors {
  at::Tensor weight_ih, weight_hh, bias_ih, bias_hh, begin, end;
};

GruLayer kernel_layer(const LayerTensors& t, bool resets_before) {
  return {resets_before,
          t.weight_ih.size(1),
          t.weight_hh.size(1),
          t.weight_ih.const_data_ptr<float>(),
          t.weight_hh.const_data_ptr<float>(),
          t.bias_ih.const_data_ptr<float>(),
          t.bias_hh.const_data_ptr<float>(),
          t.begin.numel(),
          t.begin.const_data_ptr<int64_t>(),
          t.end.const_data_ptr<int64_t>()};
}

// The gradient of weight_hh [3H, H]: of each gate's product, by what U was multiplied with.
at::Tensor weight_hh_gradient(const at::Tensor& input_gradient, const at::Tensor& hidden_gradient, const at::Tensor& gates, const at::Tensor& previous, bool resets_before) {
  const int64_t width = previous.size(1);
  at::Tensor result = at::empty({3 * width, width}, previous.options());
  at::Tensor gates_part = result.narrow(0, 0, 2 * width), candidate_part = result.narrow(0, 2 * width, width);
  at::mm_out(gates_part, input_gradient.narrow(1, 0, 2 * width).t(), previous);
  if (resets_before) {
    at::mm_out(candidate_part, input_gradient.narrow(1, 2 * width, width).t(), gates.narrow(1, 0, width) * previous);
  } else {
    at::mm_out(candidate_part, hidden_gradient.t(), previous);
  }
  return result;
}

struct Gru : torch::autograd::Function<Gru> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_input, const at::Tensor& weight_ih, const at::Tensor& weight_hh,
                            const at::Tensor& bias_ih, const at::Tensor& bias_hh, const at::Tensor& begin, const at::Tensor& end, bool resets_before) {
    const at::Tensor x = x_input.contiguous();
    const LayerTensors t = {weight_ih.contiguous(), weight_hh.contiguous(), bias_ih.contiguous(), bias_hh.contiguous(), begin, end};
    const int64_t positions = x.size(0), width = t.weight_hh.size(1);
    // Zeros, as rows of no window are not touched and the weights' gradients sum over all rows.
    at::Tensor gates = at::zeros({positions, 4 * width}, x.options()), previous = at::zeros({positions, width}, x.options()), out = at::zeros({positions, width}, x.options());
    gru_forward(kernel_layer(t, resets_before), x.const_data_ptr<float>(), {gates.mutable_data_ptr<float>(), previous.mutable_data_ptr<float>(), out.mutable_data_ptr<float>()});
    context->save_for_backward({x, t.weight_ih, t.weight_hh, t.bias_ih, t.bias_hh, begin, end, gates, previous});
    context->saved_data["resets_before"] = resets_before;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gates = saved[7], &previous = saved[8];
    const LayerTensors t = {saved[1], saved[2], saved[3], saved[4], saved[5], saved[6]};
    const bool resets_before = context->saved_data["resets_before"].toBool();
    const int64_t positions = x.size(0), width = t.weight_hh.size(1);
    const at::Tensor out_gradient = gradients[0].contiguous();
    at::Tensor input_gradient = at::zeros({positions, 3 * width}, x.options()), hidden_gradient = at::zeros({positions, resets_before ? 0 : width}, x.options());
    gru_backward(kernel_layer(t, resets_before), {gates.mutable_data_ptr<float>(), previous.mutable_data_ptr<float>(), nullptr},
                 {out_gradient.const_data_ptr<float>(), input_gradient.mutable_data_ptr<float>(), hidden_gradient.mutable_data_ptr<float>()});
    const at::Tensor bias_ih = input_gradient.sum(0);
    const at::Tensor bias_hh = resets_before ? bias_ih.clone() : at::cat({bias_ih.narrow(0, 0, 2 * width), hidden_gradient.sum(0)});
    return {context->needs_input_grad(0) ? at::mm(input_gradient, t.weight_ih) : at::Tensor(),
            at::mm(input_gradient.t(), x),
            weight_hh_gradient(input_gradient, hidden_gradient, gates, previous, resets_before),
            bias_ih,
            bias_hh,
            {},
            {},
            {}};
  }
};

}  // namespace

at::Tensor gru(const at::Tensor& x, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih, const at::Tensor& bias_hh, const Windows& windows,
               GruCell cell) {
  return Gru::apply(x, weight_ih, weight_hh, bias_ih, bias_hh, windows.begin.contiguous(), windows.end.contiguous(), cell == GruCell::kResetBefore);
}

}  // namespace rechub::ops::fused
