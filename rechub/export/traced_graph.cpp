#include "rechub/export/traced_graph.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include <ATen/ATen.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

std::shared_ptr<Graph> trace_once(const TracedFunction& function, const std::vector<at::Tensor>& inputs, const NamedConstants& constants) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> values;  // without gradients, taken before the trace
                                   // begins, which would record it
  for (const auto& [name, tensor] : constants) values.push_back(tensor.detach());
  const auto body = [&](torch::jit::Stack stack) {
    for (size_t i = 0; i < constants.size(); ++i) {
      Value* value = torch::jit::tracer::getTracingState()->graph->insertConstant(values[i]);
      value->setDebugName(constants[i].first);
      torch::jit::tracer::setValueTrace(constants[i].second, value);
    }
    std::vector<at::Tensor> arguments;
    for (const c10::IValue& value : stack) arguments.push_back(value.toTensor());
    torch::jit::Stack results;
    for (const at::Tensor& result : function(arguments)) results.emplace_back(result);
    return results;
  };
  const torch::jit::Stack stack(inputs.begin(), inputs.end());
  auto graph = torch::jit::tracer::trace(
                   stack, body, [](const at::Tensor&) { return std::string(); },
                   /*strict=*/true, /*force_outplace=*/true)
                   .first->graph;
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateDeadCode(graph);
  return graph;
}

std::string text_of(const Node& node) {
  std::ostringstream out;
  out << node;
  std::string text = out.str();
  return text.substr(0, text.find('\n'));
}

bool is_same_constant(const c10::IValue& a, const c10::IValue& b) {
  if (a.isTensorList() && b.isTensorList()) {
    const std::vector<at::Tensor> x = a.toTensorVector(), y = b.toTensorVector();
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const at::Tensor& one, const at::Tensor& other) { return is_same_constant(one, other); });
  }
  if (!a.isTensor() || !b.isTensor()) return a == b;
  const at::Tensor x = a.toTensor(), y = b.toTensor();
  if (!x.defined() || !y.defined()) return x.defined() == y.defined();
  return x.is_same(y) || (x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes() && x.equal(y));
}

// Type and number of dimensions, which the emitters rely on.
std::string kind_of(const Value* value) {
  const auto type = value->type()->cast<c10::TensorType>();
  if (!type) return value->type()->str();
  return fmt::format("{} {}", type->scalarType() ? c10::toString(*type->scalarType()) : "?", type->dim() ? std::to_string(*type->dim()) : "?");
}

void check_same(const Node& a, const Node& b, const std::map<const Value*, const Value*>& twins) {
  bool is_same = a.kind() == b.kind() && a.inputs().size() == b.inputs().size() && a.outputs().size() == b.outputs().size();
  for (size_t i = 0; is_same && i < a.inputs().size(); ++i) is_same = twins.at(a.input(i)) == b.input(i);
  for (size_t i = 0; is_same && i < a.outputs().size(); ++i) is_same = kind_of(a.output(i)) == kind_of(b.output(i));
  if (is_same && a.kind() == c10::prim::Constant) is_same = is_same_constant(*torch::jit::toIValue(a.output()), *torch::jit::toIValue(b.output()));
  check(is_same, ErrorKind::kInternal,
        "the model reads a size as a number, so that its graph would hold for "
        "one size only: in a small batch it runs \"{}\", in a larger one "
        "\"{}\" in its place",
        text_of(a), text_of(b));
}

void check_one_graph(const Graph& a, const Graph& b) {
  std::map<const Value*, const Value*> twins;
  for (size_t i = 0; i < a.inputs().size(); ++i) twins[a.inputs()[i]] = b.inputs()[i];
  auto other = b.nodes().begin();
  for (const Node* node : a.nodes()) {
    check(other != b.nodes().end(), ErrorKind::kInternal,
          "the model takes another way in a small batch than in a larger one, "
          "which ends before \"{}\"",
          text_of(*node));
    check_same(*node, **other, twins);
    for (size_t i = 0; i < node->outputs().size(); ++i) twins[node->outputs()[i]] = other->outputs()[i];
    ++other;
  }
  check(other == b.nodes().end(), ErrorKind::kInternal,
        "the model takes another way in a large batch than in a smaller one, "
        "which ends before it");
}

}  // namespace

std::shared_ptr<Graph> trace_for_all_sizes(const TracedFunction& function, const TraceExamples& examples, const NamedConstants& constants) {
  const auto graph = trace_once(function, examples.small, constants);
  check_one_graph(*graph, *trace_once(function, examples.large, constants));
  return graph;
}

}  // namespace rechub
