#include "rechub/export/emission.h"

#include <numeric>
#include <sstream>

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>

#include "rechub/base/error.h"
#include "rechub/export/emitters.h"

namespace rechub {
namespace {

using torch::jit::Node;
using torch::jit::Value;

c10::TensorTypePtr tensor_type(const Value* value) { return value->type()->cast<c10::TensorType>(); }

// The traced names of parameters ("gru0.weight_ih") stay; numbers, which LibTorch gives to everything else, say nothing.
std::string constant_name(const Value* value) { return value->hasDebugName() ? value->debugName() : "constant"; }

}  // namespace

void Emission::refuse(const std::string& why) const {
  std::ostringstream text;
  text << node_;
  const std::string line = text.str();
  fail(ErrorKind::kInternal, "the ONNX form of \"{}\" is not known: {}", line.substr(0, line.find('\n')), why);
}

const Value* Emission::find(const char* argument) const {
  if (!node_.hasNamedInput(argument)) return nullptr;
  const Value* value = node_.namedInput(argument);
  return value->mustBeNone() || value->type()->kind() == c10::TypeKind::NoneType ? nullptr : value;
}

const Value* Emission::need(const char* argument) const {
  const Value* value = find(argument);
  if (!value) refuse(fmt::format("it has no argument '{}'", argument));
  return value;
}

c10::IValue Emission::constant(const char* argument) const {
  const Value* value = need(argument);
  if (const auto known = torch::jit::toIValue(value)) return *known;
  // A list of constants.
  std::vector<int64_t> numbers;
  if (value->node()->kind() != c10::prim::ListConstruct) refuse(fmt::format("'{}' is not a constant", argument));
  for (const Value* element : value->node()->inputs()) {
    const auto known = torch::jit::toIValue(element);
    if (!known || !known->isInt()) refuse(fmt::format("'{}' is not a list of constants", argument));
    numbers.push_back(known->toInt());
  }
  return numbers;
}

std::string Emission::name_of(const Value* value) const {
  const auto known = names_.find(value);
  if (known != names_.end()) return known->second.at(0);
  const auto constant = torch::jit::toIValue(value);
  if (!constant || !constant->isTensor()) refuse(fmt::format("%{} is not a tensor", value->debugName()));
  const std::string name = graph.constant(constant->toTensor(), constant_name(value));
  names_[value] = {name};
  return name;
}

bool Emission::has(const char* argument) const { return find(argument) != nullptr; }

std::string Emission::tensor(const char* argument) const { return name_of(need(argument)); }

std::string Emission::tensor_as(const char* argument, at::ScalarType wanted) const {
  const Value* value = need(argument);
  const auto constant = torch::jit::toIValue(value);
  if (constant && constant->isScalar()) return graph.constant(at::scalar_tensor(constant->toScalar(), wanted));
  if (constant && constant->isTensor() && constant->toTensor().dim() == 0) return graph.constant(constant->toTensor().to(wanted));
  const std::string name = name_of(value);
  return type(argument) == wanted ? name : graph.cast(name, wanted);
}

std::vector<std::string> Emission::tensors(const char* argument) const {
  const Value* value = need(argument);
  const auto known = names_.find(value);
  if (known != names_.end()) return known->second;
  std::vector<std::string> names;
  if (const auto constant = torch::jit::toIValue(value); constant && constant->isTensorList()) {
    for (const at::Tensor& tensor : constant->toTensorVector()) names.push_back(graph.constant(tensor));
    return names;
  }
  if (value->node()->kind() != c10::prim::ListConstruct) refuse(fmt::format("'{}' is not a list of tensors", argument));
  for (const Value* element : value->node()->inputs()) names.push_back(name_of(element));
  return names;
}

std::optional<at::Tensor> Emission::constant_tensor(const char* argument) const {
  const auto constant = torch::jit::toIValue(need(argument));
  return constant && constant->isTensor() ? std::optional(constant->toTensor()) : std::nullopt;
}

std::vector<at::Tensor> Emission::constant_tensors(const char* argument) const {
  const Value* value = need(argument);
  if (const auto known = torch::jit::toIValue(value); known && known->isTensorList()) return known->toTensorVector();
  std::vector<at::Tensor> constants;
  for (const Value* element : value->node()->inputs()) {
    const auto constant = torch::jit::toIValue(element);
    if (!constant || !constant->isTensor()) refuse(fmt::format("'{}' is not a list of constants", argument));
    constants.push_back(constant->toTensor());
  }
  return constants;
}

int64_t Emission::integer(const char* argument) const {
  const c10::IValue value = constant(argument);
  return value.isTensor() ? value.toTensor().item<int64_t>() : value.toInt();
}
int64_t Emission::integer_or(const char* argument, int64_t otherwise) const { return has(argument) ? integer(argument) : otherwise; }
double Emission::number(const char* argument) const {
  const c10::IValue value = constant(argument);
  return value.isTensor() ? value.toTensor().item<double>() : value.toScalar().toDouble();
}
double Emission::number_or(const char* argument, double otherwise) const { return has(argument) ? number(argument) : otherwise; }
bool Emission::flag_or(const char* argument, bool otherwise) const { return has(argument) ? constant(argument).toBool() : otherwise; }
std::string Emission::text(const char* argument) const { return constant(argument).toStringRef(); }

std::vector<int64_t> Emission::integers(const char* argument) const {
  const c10::IValue value = constant(argument);
  return value.isInt() ? std::vector<int64_t>{value.toInt()} : value.toIntVector();
}

bool Emission::is_number(const char* argument) const {
  const auto constant = torch::jit::toIValue(need(argument));
  return constant && (constant->isScalar() || (constant->isTensor() && constant->toTensor().dim() == 0));
}

at::ScalarType Emission::type(const char* argument) const {
  const Value* value = need(argument);
  if (const auto constant = torch::jit::toIValue(value); constant && constant->isTensor()) return constant->toTensor().scalar_type();
  const auto type = tensor_type(value);
  if (!type || !type->scalarType()) refuse(fmt::format("'{}' is not a tensor of a known type", argument));
  return *type->scalarType();
}

std::vector<int64_t> Emission::example_sizes(const char* argument) const {
  const Value* value = need(argument);
  if (const auto constant = torch::jit::toIValue(value); constant && constant->isTensor()) return constant->toTensor().sizes().vec();
  const auto type = tensor_type(value);
  const auto sizes = type ? type->sizes().concrete_sizes() : std::nullopt;
  if (!sizes) refuse(fmt::format("'{}' is not a tensor of a known shape", argument));
  return *sizes;
}

int64_t Emission::rank(const char* argument) const { return static_cast<int64_t>(example_sizes(argument).size()); }

int64_t Emission::axis(const char* argument, const char* dim) const {
  const int64_t chosen = integer(dim);
  return chosen < 0 ? chosen + rank(argument) : chosen;
}

std::vector<int64_t> Emission::axes(const char* argument, const char* dim) const {
  std::vector<int64_t> chosen = has(dim) ? integers(dim) : std::vector<int64_t>();
  const int64_t dimensions = rank(argument);
  if (chosen.empty()) {
    chosen.resize(dimensions);
    std::iota(chosen.begin(), chosen.end(), 0);
  }
  for (int64_t& axis : chosen) axis = axis < 0 ? axis + dimensions : axis;
  return chosen;
}

at::ScalarType Emission::output_type(size_t output) const {
  const auto type = tensor_type(node_.output(output));
  if (!type || !type->scalarType()) refuse("the type of its output is not known");
  return *type->scalarType();
}

int64_t Emission::output_rank(size_t output) const {
  const auto type = tensor_type(node_.output(output));
  if (!type || !type->dim()) refuse("the shape of its output is not known");
  return static_cast<int64_t>(*type->dim());
}

std::vector<std::string> emit_graph(const torch::jit::Graph& traced, std::span<const std::string> inputs, GraphBuilder& graph) {
  check(traced.inputs().size() == inputs.size(), ErrorKind::kInternal, "a traced graph has {} inputs, {} are given", traced.inputs().size(), inputs.size());
  Emission::Names names;
  for (size_t i = 0; i < inputs.size(); ++i) names[traced.inputs()[i]] = {inputs[i]};
  for (const Node* node : traced.nodes()) {
    if (node->kind() == c10::prim::Constant || node->kind() == c10::prim::ListConstruct) continue;  // emitted where they are read
    if (node->kind() == c10::prim::ListUnpack) {
      const std::vector<std::string> list = names.at(node->input());
      for (size_t i = 0; i < list.size(); ++i) names[node->output(i)] = {list[i]};
      continue;
    }
    Emission emission(*node, names, graph);
    const Emitter emitter = find_emitter(node->kind().toQualString());
    if (!emitter) emission.refuse("add the operator to one of the tables in export/emitters_*.cpp");
    emitter(emission);
  }
  std::vector<std::string> outputs;
  for (const Value* output : traced.outputs()) {
    const auto known = names.find(output);
    check(known != names.end(), ErrorKind::kInternal, "an output of the traced graph is a constant: it does not depend on the inputs");
    outputs.push_back(known->second.at(0));
  }
  return outputs;
}

}  // namespace rechub
