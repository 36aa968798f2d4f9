// Operators on single numbers: one value in, one value out, shapes broadcast.
#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "rechub/export/emission.h"
#include "rechub/export/emitters.h"

namespace rechub {
namespace {

// A template argument that is a text.
template <size_t N>
struct Name {
  constexpr Name(const char (&text)[N]) { std::copy_n(text, N, value); }
  char value[N];
};

template <Name kOp>
void unary(Emission& e) {
  e.set(e.graph.add(kOp.value, {e.tensor_as("self", e.output_type())}));
}

// A question about each value: the output's type is bool, the input's its own.
template <Name kOp>
void question(Emission& e) {
  e.set(e.graph.add(kOp.value, {e.tensor("self")}));
}

template <Name kOp>
void binary(Emission& e) {
  e.set(e.graph.add(kOp.value, {e.tensor_as("self", e.output_type()), e.tensor_as("other", e.output_type())}));
}

// `other` times alpha, the factor of aten::add, sub and rsub.
std::string scaled_other(Emission& e) {
  const std::string other = e.tensor_as("other", e.output_type());
  const double alpha = e.number_or("alpha", 1);
  return alpha == 1 ? other : e.graph.add("Mul", {other, e.graph.scalar(alpha, e.output_type())});
}

void add(Emission& e) { e.set(e.graph.add("Add", {e.tensor_as("self", e.output_type()), scaled_other(e)})); }
void sub(Emission& e) { e.set(e.graph.add("Sub", {e.tensor_as("self", e.output_type()), scaled_other(e)})); }

void rsub(Emission& e) {
  if (e.number_or("alpha", 1) != 1) e.refuse("alpha must be 1");
  e.set(e.graph.add("Sub", {e.tensor_as("other", e.output_type()), e.tensor_as("self", e.output_type())}));
}

void div(Emission& e) {
  const std::string quotient = e.graph.add("Div", {e.tensor_as("self", e.output_type()), e.tensor_as("other", e.output_type())});
  if (!e.has("rounding_mode")) return e.set(quotient);
  if (!at::isFloatingType(e.output_type()) || e.text("rounding_mode") != "floor") e.refuse("only floats are divided with rounding_mode floor");
  e.set(e.graph.add("Floor", {quotient}));
}

void power(Emission& e) { e.set(e.graph.add("Pow", {e.tensor_as("self", e.output_type()), e.tensor_as("exponent", e.output_type())})); }

// In the type that both sides fit into: a number of the other side's type unless it has a fraction.
template <Name kOp>
void comparison(Emission& e) {
  at::ScalarType type = e.type("self");
  if (e.is_number("other")) {
    const double other = e.number("other");
    if (!at::isFloatingType(type) && other != std::floor(other)) type = at::kFloat;
  } else {
    type = at::promote_types(type, e.type("other"));
  }
  e.set(e.graph.add(kOp.value, {e.tensor_as("self", type), e.tensor_as("other", type)}));
}

void not_equal(Emission& e) {
  const at::ScalarType type = e.is_number("other") ? e.type("self") : at::promote_types(e.type("self"), e.type("other"));
  e.set(e.graph.add("Not", {e.graph.add("Equal", {e.tensor_as("self", type), e.tensor_as("other", type)})}));
}

template <Name kOp>
void logical(Emission& e) {
  e.set(e.graph.add(kOp.value, {e.tensor_as("self", at::kBool), e.tensor_as("other", at::kBool)}));
}

template <Name kOp>
void bitwise(Emission& e) {
  if (e.output_type() != at::kBool) e.refuse("only truth values are combined bit by bit");
  logical<kOp>(e);
}

void logical_not(Emission& e) { e.set(e.graph.add("Not", {e.tensor_as("self", at::kBool)})); }

void bitwise_not(Emission& e) {
  if (e.output_type() != at::kBool) e.refuse("only truth values are turned bit by bit");
  logical_not(e);
}

// By comparison, so that NaN stays NaN: runtimes differ in what Max and Min make of it.
void clamp(Emission& e) {
  const at::ScalarType type = e.output_type();
  std::string value = e.tensor_as("self", type);
  const auto bound = [&](const char* argument, const char* comparison) {
    if (!e.has(argument)) return;
    const std::string limit = e.tensor_as(argument, type);
    value = e.graph.add("Where", {e.graph.add(comparison, {value, limit}), limit, value});
  };
  bound("min", "Less");
  bound("max", "Greater");
  e.set(value);
}

void rsqrt(Emission& e) { e.set(e.graph.add("Reciprocal", {e.graph.add("Sqrt", {e.tensor("self")})})); }

void square(Emission& e) { e.set(e.graph.add("Mul", {e.tensor("self"), e.tensor("self")})); }

void log1p(Emission& e) {
  const at::ScalarType type = e.output_type();
  e.set(e.graph.add("Log", {e.graph.add("Add", {e.tensor_as("self", type), e.graph.scalar(1, type)})}));
}

// x (1 + erf(x / sqrt(2))) / 2
void gelu(Emission& e) {
  if (e.has("approximate") && e.text("approximate") != "none") e.refuse("only the exact form is exported");
  const at::ScalarType type = e.output_type();
  const std::string x = e.tensor("self");
  const std::string erf = e.graph.add("Erf", {e.graph.add("Mul", {x, e.graph.scalar(std::sqrt(0.5), type)})});
  const std::string half = e.graph.add("Mul", {x, e.graph.scalar(0.5, type)});
  e.set(e.graph.add("Mul", {half, e.graph.add("Add", {erf, e.graph.scalar(1, type)})}));
}

void silu(Emission& e) { e.set(e.graph.add("Mul", {e.tensor("self"), e.graph.add("Sigmoid", {e.tensor("self")})})); }

void leaky_relu(Emission& e) { e.set(e.graph.add("LeakyRelu", {e.tensor("self")}, {{"alpha", static_cast<float>(e.number_or("negative_slope", 0.01))}})); }

void elu(Emission& e) {
  if (e.number_or("scale", 1) != 1 || e.number_or("input_scale", 1) != 1) e.refuse("its scales must be 1");
  e.set(e.graph.add("Elu", {e.tensor("self")}, {{"alpha", static_cast<float>(e.number_or("alpha", 1))}}));
}

void softplus(Emission& e) {
  if (e.number_or("beta", 1) != 1) e.refuse("beta must be 1");
  e.set(e.graph.add("Softplus", {e.tensor("self")}));
}

void hardsigmoid(Emission& e) { e.set(e.graph.add("HardSigmoid", {e.tensor("self")}, {{"alpha", 1.0f / 6}, {"beta", 0.5f}})); }

void cast(Emission& e) { e.set(e.tensor_as("self", e.output_type())); }

void unchanged(Emission& e) { e.set(e.tensor("self")); }

void where(Emission& e) { e.set(e.graph.add("Where", {e.tensor_as("condition", at::kBool), e.tensor_as("self", e.output_type()), e.tensor_as("other", e.output_type())})); }

void masked_fill(Emission& e) { e.set(e.graph.add("Where", {e.tensor("mask"), e.tensor_as("value", e.output_type()), e.tensor("self")})); }

// A value everywhere in the shape of `self`.
void filled_like(Emission& e, double value) { e.set(e.graph.add("Expand", {e.graph.scalar(value, e.output_type()), e.graph.add("Shape", {e.tensor("self")})})); }
void zeros_like(Emission& e) { filled_like(e, 0); }
void ones_like(Emission& e) { filled_like(e, 1); }
void full_like(Emission& e) { filled_like(e, e.number("fill_value")); }

constexpr EmitterEntry kEmitters[] = {
    {"aten::add", add},
    {"aten::sub", sub},
    {"aten::rsub", rsub},
    {"aten::mul", binary<"Mul">},
    {"aten::div", div},
    {"aten::true_divide", div},
    {"aten::pow", power},
    {"aten::maximum", binary<"Max">},
    {"aten::minimum", binary<"Min">},
    {"aten::clamp", clamp},
    {"aten::clamp_min", clamp},
    {"aten::clamp_max", clamp},
    {"aten::neg", unary<"Neg">},
    {"aten::abs", unary<"Abs">},
    {"aten::sign", unary<"Sign">},
    {"aten::floor", unary<"Floor">},
    {"aten::ceil", unary<"Ceil">},
    {"aten::exp", unary<"Exp">},
    {"aten::log", unary<"Log">},
    {"aten::log1p", log1p},
    {"aten::sqrt", unary<"Sqrt">},
    {"aten::rsqrt", rsqrt},
    {"aten::reciprocal", unary<"Reciprocal">},
    {"aten::square", square},
    {"aten::erf", unary<"Erf">},
    {"aten::sin", unary<"Sin">},
    {"aten::cos", unary<"Cos">},
    {"aten::tanh", unary<"Tanh">},
    {"aten::sigmoid", unary<"Sigmoid">},
    {"aten::hardsigmoid", hardsigmoid},
    {"aten::relu", unary<"Relu">},
    {"aten::gelu", gelu},
    {"aten::silu", silu},
    {"aten::leaky_relu", leaky_relu},
    {"aten::elu", elu},
    {"aten::softplus", softplus},
    {"aten::isnan", question<"IsNaN">},
    {"aten::isinf", question<"IsInf">},
    {"aten::eq", comparison<"Equal">},
    {"aten::ne", not_equal},
    {"aten::lt", comparison<"Less">},
    {"aten::le", comparison<"LessOrEqual">},
    {"aten::gt", comparison<"Greater">},
    {"aten::ge", comparison<"GreaterOrEqual">},
    {"aten::logical_not", logical_not},
    {"aten::logical_and", logical<"And">},
    {"aten::logical_or", logical<"Or">},
    {"aten::logical_xor", logical<"Xor">},
    {"aten::bitwise_not", bitwise_not},
    {"aten::bitwise_and", bitwise<"And">},
    {"aten::bitwise_or", bitwise<"Or">},
    {"aten::__and__", bitwise<"And">},
    {"aten::__or__", bitwise<"Or">},
    {"aten::where", where},
    {"aten::masked_fill", masked_fill},
    {"aten::zeros_like", zeros_like},
    {"aten::ones_like", ones_like},
    {"aten::full_like", full_like},
    {"aten::to", cast},
    {"aten::type_as", cast},
    {"aten::contiguous", unchanged},
    {"aten::clone", unchanged},
    {"aten::detach", unchanged},
    {"aten::alias", unchanged},
};

}  // namespace

std::span<const EmitterEntry> arithmetic_emitters() { return kEmitters; }

}  // namespace rechub
