#include <algorithm>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/base/parallel.h"
#include "rechub/kernels/kernel_table.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

enum class Mode : int64_t { kMean, kSum, kMax };

constexpr int64_t kWindowGrain = 64;
constexpr int64_t kColumnGrain = 16;

float weight_of(Mode mode, int64_t count) { return mode == Mode::kMean && count > 0 ? 1.0f / static_cast<float>(count) : 1.0f; }

struct WindowPool : torch::autograd::Function<WindowPool> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& values_input, const at::Tensor& begin, const at::Tensor& end, int64_t mode_number) {
    const auto mode = static_cast<Mode>(mode_number);
    const at::Tensor values = values_input.contiguous();
    const int64_t width = values.size(1);
    at::Tensor out = at::empty({begin.numel(), width}, values.options());
    const float* from = values.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    const int64_t* first = begin.const_data_ptr<int64_t>();
    const int64_t* last = end.const_data_ptr<int64_t>();
    parallel_for(begin.numel(), kWindowGrain, [&](int64_t begin_window, int64_t end_window, int) {
      const PoolingKernels& kernel = kernels().pooling;
      for (int64_t w = begin_window; w < end_window; ++w) {
        const int64_t count = last[w] - first[w];
        if (mode == Mode::kMax) {
          kernel.max(from + first[w] * width, width, count, width, to + w * width);
        } else {
          kernel.sum(from + first[w] * width, width, count, width, weight_of(mode, count), to + w * width);
        }
      }
    });
    context->saved_data["mode"] = mode_number;
    context->saved_data["positions"] = values.size(0);
    const bool is_max = mode == Mode::kMax;
    context->save_for_backward({begin, end, is_max ? values : at::Tensor(), is_max ? out : at::Tensor()});
    return out;
  }

  // Windows may overlap, so threads share out the columns.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, const torch::autograd::variable_list& gradients) {
    const auto mode = static_cast<Mode>(context->saved_data["mode"].toInt());
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const at::Tensor out_gradient = gradients[0].contiguous();
    const int64_t width = out_gradient.size(1), num_windows = saved[0].numel();
    at::Tensor result = at::zeros({context->saved_data["positions"].toInt(), width}, out_gradient.options());
    const float* from = out_gradient.const_data_ptr<float>();
    const float* values = mode == Mode::kMax ? saved[2].const_data_ptr<float>() : nullptr;
    const float* out = mode == Mode::kMax ? saved[3].const_data_ptr<float>() : nullptr;
    float* to = result.mutable_data_ptr<float>();
    const int64_t* first = saved[0].const_data_ptr<int64_t>();
    const int64_t* last = saved[1].const_data_ptr<int64_t>();
    parallel_for((width + kColumnGrain - 1) / kColumnGrain, 1, [&](int64_t begin_share, int64_t end_share, int) {
      const PoolingKernels& kernel = kernels().pooling;
      const int64_t column = begin_share * kColumnGrain, columns = std::min(end_share * kColumnGrain, width) - column;
      for (int64_t w = 0; w < num_windows; ++w) {
        const int64_t count = last[w] - first[w], row = first[w] * width + column, pooled = w * width + column;
        if (mode == Mode::kMax) {
          kernel.max_backward(values + row, out + pooled, from + pooled, to + row, width, count, columns);
        } else {
          kernel.sum_backward(from + pooled, weight_of(mode, count), to + row, width, count, columns);
        }
      }
    });
    return {result, {}, {}, {}};
  }
};

}  // namespace

at::Tensor window_pool(const at::Tensor& values, const Windows& windows, const std::string& mode) {
  const Mode kind = mode == "mean" ? Mode::kMean : mode == "sum" ? Mode::kSum : Mode::kMax;
  return WindowPool::apply(values, windows.begin.contiguous(), windows.end.contiguous(), static_cast<int64_t>(kind));
}

}  // namespace rechub::ops::fused
