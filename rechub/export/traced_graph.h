#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace torch::jit {
struct Graph;
}

namespace rechub {

using TracedFunction = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs)>;
using NamedConstants = std::vector<std::pair<std::string, at::Tensor>>;

// Two sets of inputs of a function, alike but for their sizes.
struct TraceExamples {
  std::vector<at::Tensor> small, large;
};

// The graph of LibTorch operators that the function runs through, constants folded. It is traced on both examples and must come out the same: a size read as an integer would
// hold for one of them only. `constants` are tensors that the function reads besides its inputs, and what they are called in the graph; their gradients do not matter. Throws
// kInternal naming the operator where the two graphs part.
std::shared_ptr<torch::jit::Graph> trace_for_all_sizes(const TracedFunction& function, const TraceExamples& examples, const NamedConstants& constants);

}  // namespace rechub
