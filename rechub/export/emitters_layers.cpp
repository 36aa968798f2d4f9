// Operators with weights, and products of matrices.
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "rechub/export/emission.h"
#include "rechub/export/emitters.h"

namespace rechub {
namespace {

// x W^T + b, as one Gemm where x is a matrix.
void linear(Emission& e) {
  const std::string x = e.tensor("input");
  if (e.rank("input") == 2 && e.rank("weight") == 2) {
    std::vector<std::string> inputs = {x, e.tensor("weight")};
    if (e.has("bias")) inputs.push_back(e.tensor("bias"));
    return e.set(e.graph.add("Gemm", inputs, {{"transB", int64_t{1}}}));
  }
  const auto weight = e.constant_tensor("weight");
  if (e.rank("weight") == 1) return e.refuse("its weight must be a matrix");
  const std::string transposed = weight ? e.graph.constant(weight->t(), e.tensor("weight") + ".transposed") : e.graph.transpose(e.tensor("weight"), {1, 0});
  const std::string product = e.graph.add("MatMul", {x, transposed});
  e.set(e.has("bias") ? e.graph.add("Add", {product, e.tensor("bias")}) : product);
}

void matmul(Emission& e) { e.set(e.graph.add("MatMul", {e.tensor("self"), e.tensor(e.has("other") ? "other" : "mat2")})); }

// beta * self + alpha * (a b)
void add_product(Emission& e, const char* a, const char* b) {
  const at::ScalarType type = e.output_type();
  std::string product = e.graph.add("MatMul", {e.tensor(a), e.tensor(b)}), self = e.tensor("self");
  if (e.number_or("alpha", 1) != 1) product = e.graph.add("Mul", {product, e.tensor_as("alpha", type)});
  if (e.number_or("beta", 1) != 1) self = e.graph.add("Mul", {self, e.tensor_as("beta", type)});
  e.set(e.graph.add("Add", {self, product}));
}
void addmm(Emission& e) { add_product(e, "mat1", "mat2"); }
void baddbmm(Emission& e) { add_product(e, "batch1", "batch2"); }

void einsum(Emission& e) { e.set(e.graph.add("Einsum", e.tensors("tensors"), {{"equation", e.text("equation")}})); }

// Written out, as runtimes compute the variance of LayerNormalization as E[x^2] - E[x]^2, which loses all digits where a row is nearly constant.
void layer_norm(Emission& e) {
  const at::ScalarType type = e.output_type();
  const std::string x = e.tensor("input");
  const auto width = static_cast<int64_t>(e.integers("normalized_shape").size());
  std::vector<int64_t> axes;
  for (int64_t axis = e.rank("input") - width; axis < e.rank("input"); ++axis) axes.push_back(axis);
  const auto mean = [&](const std::string& value) { return e.graph.add("ReduceMean", {value}, {{"axes", axes}, {"keepdims", int64_t{1}}}); };
  const std::string centred = e.graph.add("Sub", {x, mean(x)});
  const std::string variance = mean(e.graph.add("Mul", {centred, centred}));
  const std::string deviation = e.graph.add("Sqrt", {e.graph.add("Add", {variance, e.graph.scalar(e.number_or("eps", 1e-5), type)})});
  std::string y = e.graph.add("Div", {centred, deviation});
  if (e.has("weight")) y = e.graph.add("Mul", {y, e.tensor("weight")});
  if (e.has("bias")) y = e.graph.add("Add", {y, e.tensor("bias")});
  e.set(y);
}

// LibTorch's gates r, z, n of a weight [3H, ..] in ONNX's order z, r, n; z with its sign turned where it weighs the old state there and the new one here.
at::Tensor onnx_gates(const at::Tensor& weight, bool turns_z) {
  const auto gates = weight.chunk(3, 0);
  return at::cat({turns_z ? -gates[1] : gates[1], gates[0], gates[2]}, 0).unsqueeze(0);
}

// One layer: x [n, L, E], start [1, n, H] to all states [n, L, H] and the last one [1, n, H].
struct GruOutputs {
  std::string states, last;
};
GruOutputs add_gru(Emission& e, const std::string& x, const std::string& start, const std::vector<at::Tensor>& weights, bool resets_after) {
  const bool turns_z = !resets_after;
  const at::Tensor bias = at::cat({onnx_gates(weights[2], turns_z), onnx_gates(weights[3], turns_z)}, 1);  // [1, 6H]
  const std::vector<std::string> inputs = {e.graph.transpose(x, {1, 0, 2}),
                                           e.graph.constant(onnx_gates(weights[0], turns_z), "gru.weight_ih"),
                                           e.graph.constant(onnx_gates(weights[1], turns_z), "gru.weight_hh"),
                                           e.graph.constant(bias, "gru.bias"),
                                           "",
                                           start};
  const auto outputs = e.graph.add_many("GRU", inputs, 2, {{"hidden_size", weights[1].size(1)}, {"linear_before_reset", int64_t{resets_after}}});
  return {e.graph.transpose(e.graph.squeeze(outputs[0], 1), {1, 0, 2}), outputs[1]};
}

std::vector<at::Tensor> constant_weights(Emission& e, std::initializer_list<const char*> arguments) {
  std::vector<at::Tensor> weights;
  for (const char* argument : arguments) {
    const auto weight = e.constant_tensor(argument);
    if (!weight) e.refuse("its weights must be constants");
    weights.push_back(*weight);
  }
  return weights;
}

void gru(Emission& e) {
  const bool is_plain = e.integer("num_layers") == 1 && !e.flag_or("bidirectional", false) && e.flag_or("batch_first", false) && e.flag_or("has_biases", true);
  if (!is_plain) e.refuse("only one layer with biases, in one direction and batch first, is exported");
  const GruOutputs outputs = add_gru(e, e.tensor("input"), e.tensor("hx"), e.constant_tensors("params"), true);
  e.set(outputs.states, 0);
  e.set(outputs.last, 1);
}

void gru_reset_before(Emission& e) {
  const auto weights = constant_weights(e, {"weight_ih", "weight_hh", "bias_ih", "bias_hh"});
  e.set(add_gru(e, e.tensor("x"), e.graph.unsqueeze(e.tensor("start"), 0), weights, false).states);
}

void dropout(Emission& e) {
  if (e.flag_or("train", false) && e.number("p") != 0) e.refuse("the model is in training");
  e.set(e.tensor("input"));
}

constexpr EmitterEntry kEmitters[] = {
    {"aten::linear", linear},   {"aten::matmul", matmul},
    {"aten::mm", matmul},       {"aten::bmm", matmul},
    {"aten::addmm", addmm},     {"aten::baddbmm", baddbmm},
    {"aten::einsum", einsum},   {"aten::layer_norm", layer_norm},
    {"aten::gru", gru},         {"rechub::gru_reset_before", gru_reset_before},
    {"aten::dropout", dropout},
};

}  // namespace

std::span<const EmitterEntry> layer_emitters() { return kEmitters; }

}  // namespace rechub
