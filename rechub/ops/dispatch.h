#pragma once

#include <initializer_list>

#include <ATen/core/Tensor.h>

#include "rechub/ops/windows.h"

namespace rechub::ops {

// Whether the fused form takes these inputs: all are defined CPU float32 tensors, and neither force_composite() nor a trace is on.
bool takes_fused(std::initializer_list<at::Tensor> inputs);
// The same with windows, which must hold begin and end on the CPU.
bool takes_fused(std::initializer_list<at::Tensor> inputs, const Windows& windows);

}  // namespace rechub::ops
