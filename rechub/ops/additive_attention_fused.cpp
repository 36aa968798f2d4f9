#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/base/parallel.h"
#include "rechub/kernels/aligned_buffer.h"
#include "rechub/kernels/kernel_table.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

constexpr int64_t kGrain = 4;  // runs

// Where runs of windows begin such that windows of different runs share no position; then their number. Windows of one sequence follow each other, so a run is about a sequence.
std::vector<int64_t> disjoint_runs(const int64_t* begin, const int64_t* end, int64_t count) {
  std::vector<int64_t> least(count + 1, INT64_MAX);  // begin of window w and of those behind it
  for (int64_t w = count - 1; w >= 0; --w) least[w] = end[w] > begin[w] ? std::min(least[w + 1], begin[w]) : least[w + 1];
  std::vector<int64_t> runs;
  int64_t reached = INT64_MIN;
  for (int64_t w = 0; w < count; ++w) {
    if (w == 0 || least[w] >= reached) runs.push_back(w);
    if (end[w] > begin[w]) reached = std::max(reached, end[w]);
  }
  runs.push_back(count);
  return runs;
}

// What both passes go over.
struct Pairs {
  const int64_t* begin;
  const int64_t* end;
  std::vector<int64_t> runs;
  std::vector<int64_t> first;  // of each window: its first pair
  int64_t longest = 0;

  Pairs(const at::Tensor& window_begin, const at::Tensor& window_end) : begin(window_begin.const_data_ptr<int64_t>()), end(window_end.const_data_ptr<int64_t>()) {
    const int64_t count = window_begin.numel();
    runs = disjoint_runs(begin, end, count);
    first.assign(1, 0);
    for (int64_t w = 0; w < count; ++w) {
      first.push_back(first.back() + end[w] - begin[w]);
      longest = std::max(longest, end[w] - begin[w]);
    }
  }

  // Calls body(window, worker) for every window that is not empty, those of a run on one thread.
  template <class Body>
  void for_each(const Body& body) const {
    parallel_for(static_cast<int64_t>(runs.size()) - 1, kGrain, [&](int64_t first_run, int64_t last_run, int worker) {
      for (int64_t w = runs[first_run]; w < runs[last_run]; ++w) {
        if (end[w] > begin[w]) body(w, worker);
      }
    });
  }
};

AdditiveAttentionInput kernel_input(const at::Tensor& k, const at::Tensor& weight, const at::Tensor& x, bool normalised) {
  return {k.const_data_ptr<float>(), weight.const_data_ptr<float>(), x.const_data_ptr<float>(), k.size(1), x.size(1), normalised};
}

struct AdditiveAttention : torch::autograd::Function<AdditiveAttention> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& q_input, const at::Tensor& k_input, const at::Tensor& weight_input,
                            const at::Tensor& x_input, const at::Tensor& begin, const at::Tensor& end, bool normalised) {
    const at::Tensor q = q_input.contiguous(), k = k_input.contiguous(), weight = weight_input.contiguous(), x = x_input.contiguous();
    const Pairs pairs(begin, end);
    at::Tensor out = at::zeros({q.size(0), x.size(1)}, q.options()), weights = at::empty({pairs.first.back()}, q.options());
    const AdditiveAttentionInput input = kernel_input(k, weight, x, normalised);
    const float* queries = q.const_data_ptr<float>();
    float* outs = out.mutable_data_ptr<float>();
    float* pair_weights = weights.mutable_data_ptr<float>();
    pairs.for_each([&](int64_t w, int) {
      kernels().additive_attention.forward(input, queries + w * input.width, pairs.begin[w], pairs.end[w], pair_weights + pairs.first[w], outs + w * input.value_width);
    });
    context->save_for_backward({q, k, weight, x, begin, end, weights});
    context->saved_data["normalised"] = normalised;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &weight = saved[2], &x = saved[3];
    const at::Tensor out_gradient = gradients[0].contiguous();
    const Pairs pairs(saved[4], saved[5]);
    const AdditiveAttentionInput input = kernel_input(k, weight, x, context->saved_data["normalised"].toBool());
    at::Tensor dq = at::zeros_like(q), dk = at::zeros_like(k), dx = at::zeros_like(x);
    at::Tensor of_worker = at::zeros({num_threads(), input.width}, q.options());  // gradient of the weight
    std::vector<AlignedBuffer> workspaces;
    for (int i = 0; i < num_threads(); ++i) workspaces.emplace_back(pairs.longest + 16);
    const float* queries = q.const_data_ptr<float>();
    const float* outs = out_gradient.const_data_ptr<float>();
    const float* pair_weights = saved[6].const_data_ptr<float>();
    float* dq_values = dq.mutable_data_ptr<float>();
    float* dk_values = dk.mutable_data_ptr<float>();
    float* dx_values = dx.mutable_data_ptr<float>();
    float* dweight_values = of_worker.mutable_data_ptr<float>();
    pairs.for_each([&](int64_t w, int worker) {
      const AdditiveAttentionGradients sums = {dk_values, dweight_values + worker * input.width, dx_values};
      kernels().additive_attention.backward(input, sums, queries + w * input.width, pairs.begin[w], pairs.end[w], pair_weights + pairs.first[w], outs + w * input.value_width,
                                            dq_values + w * input.width, workspaces[worker].data());
    });
    return {dq, dk, of_worker.sum(0, /*keepdim=*/true), dx, {}, {}, {}};
  }
};

}  // namespace

at::Tensor additive_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& weight, const at::Tensor& x, const Windows& windows, bool normalised) {
  return AdditiveAttention::apply(q, k, weight, x, windows.begin.contiguous(), windows.end.contiguous(), normalised);
}

}  // namespace rechub::ops::fused
