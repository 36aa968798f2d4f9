#include <algorithm>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "rechub/base/parallel.h"
#include "rechub/ops/fused.h"

namespace rechub::ops::fused {
namespace {

constexpr int64_t kWindowGrain = 16;
constexpr int64_t kLanes = 16;

void add_scaled(float* to, const float* from, float scale, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] += scale * from[i];
}

// In a fixed order that a compiler can make vectors of.
float dot(const float* a, const float* b, int64_t count) {
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  }
  float sum = 0;
  for (; i < count; ++i) sum += a[i] * b[i];
  for (int64_t l = 0; l < kLanes; ++l) sum += lanes[l];
  return sum;
}

// Calls body(w, first pair, last pair) for every window.
template <class Body>
void for_each_window(const at::Tensor& begin, const at::Tensor& end, const Body& body) {
  const int64_t* first = begin.const_data_ptr<int64_t>();
  const int64_t* last = end.const_data_ptr<int64_t>();
  parallel_for(begin.numel(), kWindowGrain, [&](int64_t begin_window, int64_t end_window, int) {
    for (int64_t w = begin_window; w < end_window; ++w) body(w, first[w], last[w]);
  });
}

at::Tensor weighted_sum(const at::Tensor& weights, const at::Tensor& x, const at::Tensor& begin, const at::Tensor& end) {
  const int64_t ways = weights.size(1), width = x.size(1);
  at::Tensor out = at::zeros({begin.numel(), ways, width}, x.options());
  const float *weight = weights.const_data_ptr<float>(), *row = x.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  for_each_window(begin, end, [&](int64_t w, int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      for (int64_t k = 0; k < ways; ++k) add_scaled(to + (w * ways + k) * width, row + t * width, weight[t * ways + k], width);
    }
  });
  return out;
}

at::Tensor dots(const at::Tensor& vectors, const at::Tensor& x, const at::Tensor& begin, const at::Tensor& end) {
  const int64_t ways = vectors.size(1), width = x.size(1);
  at::Tensor out = at::empty({x.size(0), ways}, x.options());
  const float *vector = vectors.const_data_ptr<float>(), *row = x.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  for_each_window(begin, end, [&](int64_t w, int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      for (int64_t k = 0; k < ways; ++k) to[t * ways + k] = dot(vector + (w * ways + k) * width, row + t * width, width);
    }
  });
  return out;
}

at::Tensor mix(const at::Tensor& weights, const at::Tensor& vectors, const at::Tensor& begin, const at::Tensor& end) {
  const int64_t ways = weights.size(1), width = vectors.size(2);
  at::Tensor out = at::zeros({weights.size(0), width}, vectors.options());
  const float *weight = weights.const_data_ptr<float>(), *vector = vectors.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  for_each_window(begin, end, [&](int64_t w, int64_t first, int64_t last) {
    for (int64_t t = first; t < last; ++t) {
      for (int64_t k = 0; k < ways; ++k) add_scaled(to + t * width, vector + (w * ways + k) * width, weight[t * ways + k], width);
    }
  });
  return out;
}

using Context = torch::autograd::AutogradContext;
using Gradients = torch::autograd::variable_list;

struct WeightedSum : torch::autograd::Function<WeightedSum> {
  static at::Tensor forward(Context* context, const at::Tensor& weights, const at::Tensor& x, const at::Tensor& begin, const at::Tensor& end) {
    const at::Tensor w = weights.contiguous(), rows = x.contiguous();
    context->save_for_backward({w, rows, begin, end});
    return weighted_sum(w, rows, begin, end);
  }
  static Gradients backward(Context* context, const Gradients& gradients) {
    const Gradients saved = context->get_saved_variables();
    const at::Tensor g = gradients[0].contiguous();
    at::Tensor by_weights, by_x;
    if (context->needs_input_grad(0)) by_weights = dots(g, saved[1], saved[2], saved[3]);
    if (context->needs_input_grad(1)) by_x = mix(saved[0], g, saved[2], saved[3]);
    return {by_weights, by_x, {}, {}};
  }
};

struct Dots : torch::autograd::Function<Dots> {
  static at::Tensor forward(Context* context, const at::Tensor& vectors, const at::Tensor& x, const at::Tensor& begin, const at::Tensor& end) {
    const at::Tensor v = vectors.contiguous(), rows = x.contiguous();
    context->save_for_backward({v, rows, begin, end});
    return dots(v, rows, begin, end);
  }
  static Gradients backward(Context* context, const Gradients& gradients) {
    const Gradients saved = context->get_saved_variables();
    const at::Tensor g = gradients[0].contiguous();
    at::Tensor by_vectors, by_x;
    if (context->needs_input_grad(0)) by_vectors = weighted_sum(g, saved[1], saved[2], saved[3]);
    if (context->needs_input_grad(1)) by_x = mix(g, saved[0], saved[2], saved[3]);
    return {by_vectors, by_x, {}, {}};
  }
};

struct Mix : torch::autograd::Function<Mix> {
  static at::Tensor forward(Context* context, const at::Tensor& weights, const at::Tensor& vectors, const at::Tensor& begin, const at::Tensor& end) {
    const at::Tensor w = weights.contiguous(), v = vectors.contiguous();
    context->save_for_backward({w, v, begin, end});
    return mix(w, v, begin, end);
  }
  static Gradients backward(Context* context, const Gradients& gradients) {
    const Gradients saved = context->get_saved_variables();
    const at::Tensor g = gradients[0].contiguous();
    at::Tensor by_weights, by_vectors;
    if (context->needs_input_grad(0)) by_weights = dots(saved[1], g, saved[2], saved[3]);
    if (context->needs_input_grad(1)) by_vectors = weighted_sum(saved[0], g, saved[2], saved[3]);
    return {by_weights, by_vectors, {}, {}};
  }
};

}  // namespace

at::Tensor segment_weighted_sum(const at::Tensor& weights, const at::Tensor& x, const Windows& segments) {
  return WeightedSum::apply(weights, x, segments.begin.contiguous(), segments.end.contiguous());
}
at::Tensor segment_dots(const at::Tensor& vectors, const at::Tensor& x, const Windows& segments) {
  return Dots::apply(vectors, x, segments.begin.contiguous(), segments.end.contiguous());
}
at::Tensor segment_mix(const at::Tensor& weights, const at::Tensor& vectors, const Windows& segments) {
  return Mix::apply(weights, vectors, segments.begin.contiguous(), segments.end.contiguous());
}

}  // namespace rechub::ops::fused
