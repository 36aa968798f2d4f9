#include <vector>

#include <ATen/ATen.h>
#include <torch/library.h>

#include "rechub/base/error.h"
#include "rechub/ops/dispatch.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

// x [n, L, E], start [n, H]; returns the states [n, L, H].
at::Tensor reset_before_steps(const at::Tensor& x, const at::Tensor& start, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih,
                              const at::Tensor& bias_hh) {
  const int64_t width = start.size(1);
  const at::Tensor input = at::linear(x, weight_ih, bias_ih + bias_hh);  // [n, L, 3H]
  const at::Tensor weight_rz = weight_hh.narrow(0, 0, 2 * width), weight_n = weight_hh.narrow(0, 2 * width, width);
  at::Tensor h = start;
  std::vector<at::Tensor> states;
  for (int64_t t = 0; t < x.size(1); ++t) {
    const at::Tensor input_t = input.select(1, t);  // [n, 3H]
    const at::Tensor gates = at::sigmoid(input_t.narrow(1, 0, 2 * width) + at::linear(h, weight_rz));
    const at::Tensor r = gates.narrow(1, 0, width), z = gates.narrow(1, width, width);  // [n, H]
    const at::Tensor n = at::tanh(input_t.narrow(1, 2 * width, width) + at::linear(r * h, weight_n));
    h = z * n + (1 - z) * h;
    states.push_back(h);
  }
  return at::stack(states, 1);
}

constexpr char kResetBeforeName[] = "rechub::gru_reset_before";

// An operator of its own, so that a trace shows one node instead of L unrolled steps; autograd goes through its parts.
TORCH_LIBRARY_FRAGMENT(rechub, library) {
  library.def("gru_reset_before(Tensor x, Tensor start, Tensor weight_ih, Tensor weight_hh, Tensor bias_ih, Tensor bias_hh) -> Tensor", &reset_before_steps);
}

at::Tensor reset_before(const at::Tensor& x, const at::Tensor& start, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih,
                        const at::Tensor& bias_hh) {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(kResetBeforeName, "").typed<decltype(reset_before_steps)>();
  return op.call(x, start, weight_ih, weight_hh, bias_ih, bias_hh);
}

at::Tensor composite(const at::Tensor& x, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih, const at::Tensor& bias_hh, const Windows& windows,
                     GruCell cell) {
  const at::Tensor padded = to_padded(x, windows);                                                                                       // [n, L, E]
  const at::Tensor start = windows.mask.select(1, 0).unsqueeze(1).to(x.scalar_type()) * at::zeros({1, weight_hh.size(1)}, x.options());  // [n, H]
  if (cell == GruCell::kResetBefore) return to_packed(reset_before(padded, start, weight_ih, weight_hh, bias_ih, bias_hh), windows, x);
  const at::Tensor states =
      std::get<0>(at::gru(padded, start.unsqueeze(0), {weight_ih, weight_hh, bias_ih, bias_hh}, /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0.0, /*train=*/false,
                          /*bidirectional=*/false, /*batch_first=*/true));  // [n, L, H]
  return to_packed(states, windows, x);
}

}  // namespace

at::Tensor gru(const at::Tensor& x, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih, const at::Tensor& bias_hh, const Windows& windows,
               GruCell cell) {
  const int64_t width = weight_hh.size(1);
  check(weight_ih.size(0) == 3 * width && weight_ih.size(1) == x.size(1) && weight_hh.size(0) == 3 * width && bias_ih.numel() == 3 * width && bias_hh.numel() == 3 * width,
        ErrorKind::kShape, "a GRU of width {} over inputs of width {} needs weight_ih [{}, {}], weight_hh [{}, {}] and biases [{}]", width, x.size(1), 3 * width, x.size(1),
        3 * width, width, 3 * width);
  if (takes_fused({x, weight_ih, weight_hh, bias_ih, bias_hh}, windows)) return fused::gru(x, weight_ih, weight_hh, bias_ih, bias_hh, windows, cell);
  return composite(x, weight_ih, weight_hh, bias_ih, bias_hh, windows.padded(), cell);
}

at::Tensor gru_step(const at::Tensor& x, const at::Tensor& state, const at::Tensor& weight_ih, const at::Tensor& weight_hh, const at::Tensor& bias_ih, const at::Tensor& bias_hh,
                    GruCell cell) {
  if (cell == GruCell::kResetAfter) return at::gru_cell(x, state, weight_ih, weight_hh, bias_ih, bias_hh);
  return reset_before_steps(x.unsqueeze(1), state, weight_ih, weight_hh, bias_ih, bias_hh).squeeze(1);
}

}  // namespace rechub::ops
