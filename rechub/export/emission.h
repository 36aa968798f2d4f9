#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include "rechub/export/graph_builder.h"

namespace rechub {

// One LibTorch operator on its way to ONNX: what an emitter (emitters.h) reads its arguments from, by the names of the operator's schema, and hands its outputs to. Every argument
// that is not a tensor is a constant. Throws kInternal naming the operator where an argument is not what an emitter takes.
class Emission {
 public:
  using Names = std::map<const torch::jit::Value*, std::vector<std::string>>;  // ONNX values of what was emitted so far; lists of tensors have several

  Emission(const torch::jit::Node& node, Names& names, GraphBuilder& graph) : graph(graph), node_(node), names_(names) {}

  bool has(const char* argument) const;  // the operator's overload has it, and it is not None
  std::string tensor(const char* argument) const;
  std::string tensor_as(const char* argument, at::ScalarType type) const;  // cast where it is of another type; also takes a number
  std::vector<std::string> tensors(const char* argument) const;            // of a list
  std::optional<at::Tensor> constant_tensor(const char* argument) const;   // its value, where it is a constant
  std::vector<at::Tensor> constant_tensors(const char* argument) const;    // of a list of constants
  int64_t integer(const char* argument) const;
  int64_t integer_or(const char* argument, int64_t otherwise) const;
  double number(const char* argument) const;
  double number_or(const char* argument, double otherwise) const;
  bool flag_or(const char* argument, bool otherwise) const;
  std::string text(const char* argument) const;
  std::vector<int64_t> integers(const char* argument) const;  // a single number counts as a list

  bool is_number(const char* argument) const;                                      // a scalar of any kind: a number, or a constant tensor without dimensions
  at::ScalarType type(const char* argument) const;                                 // of a tensor
  int64_t rank(const char* argument) const;                                        // of a tensor
  std::vector<int64_t> example_sizes(const char* argument) const;                  // in the trace: only sizes that no call changes may be read from it
  int64_t axis(const char* argument, const char* dim = "dim") const;               // the dimension `dim`, counted from the front, of the tensor `argument`
  std::vector<int64_t> axes(const char* argument, const char* dim = "dim") const;  // all where None

  at::ScalarType output_type(size_t output = 0) const;
  int64_t output_rank(size_t output = 0) const;
  bool is_used(size_t output) const { return node_.output(output)->hasUses(); }
  void set(const std::string& value, size_t output = 0) { names_[node_.output(output)] = {value}; }
  void set_list(std::vector<std::string> values) { names_[node_.output(0)] = std::move(values); }

  [[noreturn]] void refuse(const std::string& why) const;  // kInternal: "aten::op(...): why"

  GraphBuilder& graph;

 private:
  const torch::jit::Value* find(const char* argument) const;  // nullptr where there is none, or None
  const torch::jit::Value* need(const char* argument) const;
  c10::IValue constant(const char* argument) const;
  std::string name_of(const torch::jit::Value* value) const;

  const torch::jit::Node& node_;
  Names& names_;
};

// Adds a traced graph to `graph`. `inputs` are the ONNX values that its inputs are; returns those of its outputs. Throws kInternal naming an operator without an emitter.
std::vector<std::string> emit_graph(const torch::jit::Graph& traced, std::span<const std::string> inputs, GraphBuilder& graph);

}  // namespace rechub
