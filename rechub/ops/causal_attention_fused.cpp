#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/base/parallel.h"
#include "rechub/kernels/aligned_buffer.h"
#include "rechub/kernels/kernel_table.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

constexpr int64_t kGrain = 16;  // windows

struct Settings {
  int64_t num_heads;
  double dropout_p;
  uint64_t seed;
};

AttentionInput kernel_input(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Settings& settings) {
  const double head_width = static_cast<double>(q.size(1) / settings.num_heads);
  return {q.const_data_ptr<float>(),
          k.const_data_ptr<float>(),
          v.const_data_ptr<float>(),
          q.size(1),
          settings.num_heads,
          static_cast<float>(1.0 / std::sqrt(head_width)),
          dropout_rule(settings.dropout_p, settings.seed)};
}

// Calls body(begin, end, workspace) for every window.
template <class Body>
void for_each_window(const at::Tensor& window_begin, const at::Tensor& window_end, const Body& body) {
  const int64_t count = window_begin.numel();
  const int64_t* begin = window_begin.const_data_ptr<int64_t>();
  const int64_t* end = window_end.const_data_ptr<int64_t>();
  int64_t longest = 0;
  for (int64_t w = 0; w < count; ++w) longest = std::max(longest, end[w] - begin[w]);
  parallel_for(count, kGrain, [&](int64_t first, int64_t last, int) {
    AlignedBuffer workspace(3 * (longest + 16));
    for (int64_t w = first; w < last; ++w) body(begin[w], end[w], workspace.data());
  });
}

struct CausalAttention : torch::autograd::Function<CausalAttention> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q_input, const at::Tensor& k_input, const at::Tensor& v_input, const at::Tensor& begin,
                            const at::Tensor& end, int64_t num_heads, double dropout_p, int64_t seed) {
    const at::Tensor q = q_input.contiguous(), k = k_input.contiguous(), v = v_input.contiguous();
    at::Tensor out = at::zeros_like(q), log_sums = at::empty({q.size(0), num_heads}, q.options());
    const AttentionInput input = kernel_input(q, k, v, {num_heads, dropout_p, static_cast<uint64_t>(seed)});
    float* out_values = out.mutable_data_ptr<float>();
    float* log_sum_values = log_sums.mutable_data_ptr<float>();
    for_each_window(begin, end, [&](int64_t first, int64_t last, float* workspace) { kernels().attention.forward(input, first, last, out_values, log_sum_values, workspace); });
    context->save_for_backward({q, k, v, begin, end, log_sums});
    context->saved_data["num_heads"] = num_heads;
    context->saved_data["dropout_p"] = dropout_p;
    context->saved_data["seed"] = seed;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
    const at::Tensor out_gradient = gradients[0].contiguous();
    at::Tensor dq = at::zeros_like(q), dk = at::zeros_like(k), dv = at::zeros_like(v);
    const Settings settings = {context->saved_data["num_heads"].toInt(), context->saved_data["dropout_p"].toDouble(), static_cast<uint64_t>(context->saved_data["seed"].toInt())};
    const AttentionInput input = kernel_input(q, k, v, settings);
    const AttentionGradients pointers = {saved[5].const_data_ptr<float>(), out_gradient.const_data_ptr<float>(), dq.mutable_data_ptr<float>(), dk.mutable_data_ptr<float>(),
                                         dv.mutable_data_ptr<float>()};
    for_each_window(saved[3], saved[4], [&](int64_t first, int64_t last, float* workspace) { kernels().attention.backward(input, pointers, first, last, workspace); });
    return {dq, dk, dv, {}, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Windows& windows, int64_t num_heads, double dropout_p, uint64_t seed) {
  return CausalAttention::apply(q, k, v, windows.begin.contiguous(), windows.end.contiguous(), num_heads, dropout_p, static_cast<int64_t>(seed));
}

}  // namespace rechub::ops::fused
