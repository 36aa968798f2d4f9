#include "rechub/ops/dispatch.h"

#include <algorithm>
#include <atomic>

#include <ATen/ATen.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

std::atomic<bool> composite_is_forced{false};

}  // namespace

bool force_composite() noexcept { return composite_is_forced; }
void set_force_composite(bool on) noexcept { composite_is_forced = on; }

bool takes_fused(std::initializer_list<at::Tensor> inputs) {
  if (force_composite() || torch::jit::tracer::isTracing()) return false;
  return std::all_of(inputs.begin(), inputs.end(), [](const at::Tensor& x) { return x.defined() && x.is_cpu() && x.scalar_type() == at::kFloat; });
}

bool takes_fused(std::initializer_list<at::Tensor> inputs, const Windows& windows) {
  return takes_fused(inputs) && windows.begin.defined() && windows.begin.is_cpu() && windows.end.is_cpu();
}

}  // namespace rechub::ops
