// onnx_probe DIRECTORY: for each LibTorch operator that has an ONNX form, a small function of it as NAME.onnx and, in NAME.safetensors, inputs of a size that it was not traced
// with beside what LibTorch makes of them.
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/bundle/tensor_file.h"
#include "rechub/export/emission.h"
#include "rechub/export/traced_graph.h"
#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace {

using namespace rechub;

// x, y [n, L, 4], positive above 0.1; with_nan [n, L, 4]; row [n, 4]; index [n, L] from 0 to 3; count [n] from 0 to L.
struct Inputs {
  at::Tensor x, y, positive, with_nan, row, index, count;
  explicit Inputs(const std::vector<at::Tensor>& values)
      : x(values[0]), y(values[1]), positive(values[2]), with_nan(values[3]), row(values[4]), index(values[5]), count(values[6]) {}
};
constexpr const char* kInputNames[] = {"x", "y", "positive", "with_nan", "row", "index", "count"};

std::vector<at::Tensor> make_inputs(int64_t n, int64_t L) {
  const auto random = [&](uint64_t seed) { return ops::random_tensor({n, L, 4}, seed, at::kFloat); };
  at::Tensor with_nan = random(4);
  with_nan.view({-1})[1] = std::numeric_limits<float>::quiet_NaN();
  return {random(1),
          random(2),
          random(3).abs() + 0.1,
          with_nan,
          ops::random_tensor({n, 4}, 5, at::kFloat),
          at::arange(n * L).remainder(3).view({n, L}),
          at::arange(n).remainder(L + 1)};
}

// The same tensor at every call, made before a trace begins: it is a constant of the graph.
at::Tensor weight(const std::vector<int64_t>& shape, uint64_t seed) {
  static std::map<std::pair<std::vector<int64_t>, uint64_t>, at::Tensor> made;
  at::Tensor& tensor = made[{shape, seed}];
  if (!tensor.defined()) tensor = ops::random_tensor(shape, seed, at::kFloat) * 0.5;
  return tensor;
}

Windows padded(const Inputs& in) {
  Windows windows;
  windows.index = (at::ones_like(in.index).flatten().cumsum(0) - 1).view_as(in.index);
  windows.mask = (at::ones_like(in.index).cumsum(1) - 1).lt(in.count.unsqueeze(1));
  windows.is_padded_input = true;
  return windows;
}

at::Tensor gru_states(const Inputs& in, ops::GruCell cell) {
  return ops::gru(in.x.flatten(0, 1), weight({15, 4}, 1), weight({15, 5}, 2), weight({15}, 3), weight({15}, 4), padded(in), cell);
}

struct Case {
  const char* name;
  std::function<at::Tensor(const Inputs&)> f;
};

// Truth values come out as numbers, which safetensors holds.
at::Tensor number(const at::Tensor& x) { return x.to(at::kLong); }

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"add", [](const Inputs& in) { return at::add(in.x, in.y, 0.5) + in.row.unsqueeze(1) + 2; }},
      {"sub", [](const Inputs& in) { return at::sub(in.x, in.y, 3) - in.index.unsqueeze(-1); }},
      {"rsub", [](const Inputs& in) { return at::rsub(in.x, 1); }},
      {"mul", [](const Inputs& in) { return in.x * in.y * 1.5 * in.x.gt(0); }},
      {"div",
       [](const Inputs& in) {
         return in.x / in.positive / in.count.view({-1, 1, 1}).clamp_min(1);
       }},
      {"div_floor", [](const Inputs& in) { return at::div(in.x, in.positive, "floor"); }},
      {"pow", [](const Inputs& in) { return at::pow(in.positive, in.y) + at::pow(in.x, 2); }},
      {"maximum", [](const Inputs& in) { return at::maximum(in.x, in.y) - at::minimum(in.x, in.row.unsqueeze(1)); }},
      {"clamp", [](const Inputs& in) { return in.x.clamp(-0.5, 0.3) + in.y.clamp_min(0) + in.y.clamp_max(0.2); }},
      {"clamp_integers", [](const Inputs& in) { return in.index.clamp(1, 1) + in.count.clamp_max(2).unsqueeze(1); }},
      {"clamp_keeps_nan", [](const Inputs& in) { return number(in.with_nan.clamp(-0.1, 0.1).isnan()); }},
      {"isnan", [](const Inputs& in) { return at::where(at::isnan(in.with_nan), at::zeros_like(in.with_nan), in.with_nan); }},
      {"isinf", [](const Inputs& in) { return number(at::isinf(in.x / at::relu(in.x))); }},
      {"signs", [](const Inputs& in) { return at::neg(in.x) * in.x.abs() + in.x.sign() + in.index.neg().unsqueeze(-1); }},
      {"rounding", [](const Inputs& in) { return in.x.floor() + 2 * in.y.ceil(); }},
      {"exp", [](const Inputs& in) { return in.x.exp() + in.index.exp().unsqueeze(-1); }},
      {"log", [](const Inputs& in) { return in.positive.log() + in.positive.log1p(); }},
      {"roots", [](const Inputs& in) { return in.positive.sqrt() + in.positive.rsqrt() + in.positive.reciprocal() + in.x.square(); }},
      {"trigonometry", [](const Inputs& in) { return in.x.sin() + 2 * in.y.cos() + in.x.erf(); }},
      {"sigmoids", [](const Inputs& in) { return in.x.sigmoid() + 2 * in.y.tanh() + at::hardsigmoid(in.x * 4); }},
      {"relu", [](const Inputs& in) { return at::relu(in.x) + at::leaky_relu(in.y, 0.2); }},
      {"gelu", [](const Inputs& in) { return at::gelu(in.x) + at::silu(in.y); }},
      {"elu", [](const Inputs& in) { return at::elu(in.x, 0.7) + at::softplus(in.y); }},
      {"comparisons", [](const Inputs& in) { return number(in.x.lt(in.y)) + 2 * number(in.x.le(0.1)) + 4 * number(in.x.gt(in.row.unsqueeze(1))) + 8 * number(in.x.ge(0)); }},
      {"comparisons_of_integers", [](const Inputs& in) { return number(in.index.eq(1)) + 2 * number(in.index.ne(in.count.unsqueeze(1))) + 4 * number(in.index.gt(0.5)); }},
      {"logic",
       [](const Inputs& in) {
         const at::Tensor a = in.x.gt(0), b = in.y.gt(0);
         return number(a.logical_and(b)) + 2 * number(a.logical_or(b)) + 4 * number(a.logical_not()) + 8 * number(a.logical_xor(b)) + 16 * number(a & b) + 32 * number(a | b) +
                64 * number(~a);
       }},
      {"where", [](const Inputs& in) { return at::where(in.x.gt(0), in.y, at::scalar_tensor(0.25)) + in.x.masked_fill(in.index.eq(1).unsqueeze(-1), -3); }},
      {"fills", [](const Inputs& in) { return at::zeros_like(in.x) + at::ones_like(in.index).unsqueeze(-1) + at::full_like(in.x, 2.5); }},
      {"casts",
       [](const Inputs& in) {
         return in.index.to(at::kFloat).unsqueeze(-1) + (in.x * 3).to(at::kLong) + in.count.type_as(in.x).view({-1, 1, 1});
       }},
      {"squeeze", [](const Inputs& in) { return in.x.unsqueeze(1).unsqueeze(-1).squeeze(-1).squeeze(1).squeeze(-1); }},
      {"transpose",
       [](const Inputs& in) {
         return in.x.transpose(-1, 1).permute({2, 0, 1});
       }},
      {"matrix_transpose", [](const Inputs& in) { return in.row.t(); }},
      {"reshape",
       [](const Inputs& in) {
         return in.x.reshape({-1, 2}).view({-1, 4}).view_as(in.x);
       }},
      {"flatten",
       [](const Inputs& in) {
         return in.x.unsqueeze(-1).flatten(0, 1).flatten(1, 2) + in.x.flatten(1, -1).flatten().view({-1, 4});
       }},
      {"unflatten",
       [](const Inputs& in) {
         return in.x.unflatten(-1, {2, 2}).sum(-1) + in.x.unflatten(2, {4, 1}).flatten(2).narrow(2, 0, 2);
       }},
      {"expand",
       [](const Inputs& in) {
         return in.row.unsqueeze(1).expand_as(in.x).sum(1) + in.row.unsqueeze(1).expand({-1, 3, -1}).sum(1);
       }},
      {"repeat",
       [](const Inputs& in) {
         return in.row.repeat({2, 1, 3});
       }},
      {"repeat_interleave", [](const Inputs& in) { return in.x.repeat_interleave(3, 1); }},
      {"slices",
       [](const Inputs& in) {
         return in.x.slice(2, 1, 3) + in.x.narrow(2, 0, 2) + in.x.narrow(-1, -2, 2) + in.y.select(1, 0).select(-1, -1).view({-1, 1, 1});
       }},
      {"slice_beyond_the_end", [](const Inputs& in) { return in.x.slice(1, 0, 100); }},
      {"cat",
       [](const Inputs& in) {
         return at::cat({in.x, in.y, in.x}, -1);
       }},
      {"stack",
       [](const Inputs& in) {
         return at::stack({in.x, in.y}, -2);
       }},
      {"pieces",
       [](const Inputs& in) {
         const auto halves = in.x.chunk(2, -1), quarters = in.y.split(1, -1), rest = in.x.split_with_sizes({1, 3}, 2), rows = in.y.unbind(2);
         return halves[0] * halves[1] + quarters[3] + rest[0] + rows[2].unsqueeze(-1);
       }},
      {"sum",
       [](const Inputs& in) {
         return in.x.sum(1) + in.index.sum(1, true) + in.x.sum({1, 2}, true).squeeze(-1) + in.x.sum();
       }},
      {"sum_of_truths", [](const Inputs& in) { return in.x.gt(0).sum(1); }},
      {"mean",
       [](const Inputs& in) {
         return in.x.mean(1) + in.x.mean(std::vector<int64_t>{1, 2}).unsqueeze(1);
       }},
      {"logsumexp", [](const Inputs& in) { return in.x.logsumexp(std::vector<int64_t>{-1}); }},
      {"extremes", [](const Inputs& in) { return in.x.amax(1) + in.x.amin({1}) + std::get<0>(in.y.max(1)) + std::get<0>(in.y.min(1)); }},
      {"extreme_indices", [](const Inputs& in) { return in.x.argmax(-1) + 10 * in.x.argmin(-1) + 100 * std::get<1>(in.y.max(-1)); }},
      {"any", [](const Inputs& in) { return number(in.x.gt(0.5).any(1)) + 2 * number(in.x.gt(-1).all(1)); }},
      {"norms", [](const Inputs& in) { return at::norm(in.x, 2, -1, true) + at::norm(in.y, 1, -1, true) + at::linalg_vector_norm(in.x, 2, at::IntArrayRef{1}, true); }},
      {"cumsum", [](const Inputs& in) { return in.x.cumsum(1) + in.index.cumsum(1).unsqueeze(-1); }},
      {"softmax", [](const Inputs& in) { return in.x.softmax(1) + in.y.log_softmax(-1); }},
      {"topk",
       [](const Inputs& in) {
         const auto [values, indices] = in.x.topk(2, -1);
         return values + indices;
       }},
      {"embedding",
       [](const Inputs& in) {
         return at::embedding(weight({3, 6}, 1), in.index);
       }},
      {"index_select", [](const Inputs& in) { return in.x.index_select(2, in.index.flatten()); }},
      {"gather", [](const Inputs& in) { return in.x.gather(2, in.index.unsqueeze(-1)); }},
      {"take_along_dim",
       [](const Inputs& in) {
         return at::take_along_dim(in.x, in.index.select(1, 0).view({-1, 1, 1}), 2);
       }},
      {"scatter", [](const Inputs& in) { return in.x.scatter(2, in.index.unsqueeze(-1), 7).scatter(2, in.index.unsqueeze(-1) + 1, in.y.narrow(2, 0, 1)); }},
      {"scatter_add",
       [](const Inputs& in) {
         return in.x.scatter_add(2, at::cat({in.index.unsqueeze(-1), in.index.unsqueeze(-1)}, 2), in.y.narrow(2, 0, 2));
       }},
      {"one_hot", [](const Inputs& in) { return at::one_hot(in.index, 5); }},
      {"linear",
       [](const Inputs& in) {
         return at::linear(in.x, weight({6, 4}, 1), weight({6}, 2)) + at::linear(in.row, weight({6, 4}, 3), weight({6}, 4)).unsqueeze(1);
       }},
      {"linear_without_bias",
       [](const Inputs& in) {
         return at::linear(in.x, weight({6, 4}, 1)) + at::linear(in.row, weight({6, 4}, 3)).unsqueeze(1);
       }},
      {"matmul",
       [](const Inputs& in) {
         return at::matmul(in.x, in.y.transpose(1, 2)).matmul(in.x) + at::bmm(in.x, weight({4, 4}, 1).expand_as(at::bmm(in.y.transpose(1, 2), in.x)));
       }},
      {"addmm",
       [](const Inputs& in) {
         return at::addmm(weight({6}, 1), in.row, weight({4, 6}, 2), 0.5, 2) + at::mm(in.row, weight({4, 6}, 3));
       }},
      {"einsum",
       [](const Inputs& in) {
         return at::einsum("nld,nd->nl", {in.x, in.row});
       }},
      {"layer_norm", [](const Inputs& in) { return at::layer_norm(in.x, {4}, weight({4}, 1), weight({4}, 2), 1e-8) + at::layer_norm(in.y, {4}); }},
      {"layer_norm_far_from_zero", [](const Inputs& in) { return at::layer_norm(1 + in.x * 0.1, {4}, {}, {}, 1e-8); }},
      {"gru", [](const Inputs& in) { return gru_states(in, ops::GruCell::kResetAfter); }},
      {"gru_reset_before", [](const Inputs& in) { return gru_states(in, ops::GruCell::kResetBefore); }},
      {"causal_attention", [](const Inputs& in) { return ops::causal_attention(in.x.flatten(0, 1), in.y.flatten(0, 1), in.x.flatten(0, 1), padded(in), 2, 0, 0); }},
      {"window_pool_max", [](const Inputs& in) { return ops::window_pool(in.x.flatten(0, 1), padded(in), "max"); }},
  };
  return kCases;
}

void write_case(const std::string& directory, const Case& entry) {
  const TracedFunction function = [&](const std::vector<at::Tensor>& values) -> std::vector<at::Tensor> { return {entry.f(Inputs(values))}; };
  function(make_inputs(2, 3));  // makes the weights
  const auto traced = trace_for_all_sizes(function, {make_inputs(2, 3), make_inputs(5, 7)}, {});
  const std::vector<at::Tensor> values = make_inputs(4, 6);
  const at::Tensor expected = function(values)[0];
  GraphBuilder graph(entry.name);
  NamedTensors tensors = {{"expected", expected}};
  std::vector<std::string> names;
  for (size_t i = 0; i < values.size(); ++i) {
    OnnxValue value{kInputNames[i], values[i].scalar_type(), {"n"}};
    if (values[i].dim() > 1) value.shape.push_back(values[i].dim() == 3 || i == 5 ? std::variant<int64_t, std::string>("L") : int64_t{4});
    if (values[i].dim() > 2) value.shape.emplace_back(int64_t{4});
    names.push_back(graph.input(value));
    tensors.emplace_back(kInputNames[i], values[i]);
  }
  OnnxValue result{"result", expected.scalar_type(), {}};
  for (int64_t i = 0; i < expected.dim(); ++i) result.shape.emplace_back("size" + std::to_string(i));
  graph.output(emit_graph(*traced, names, graph)[0], result);
  write_onnx(fmt::format("{}/{}.onnx", directory, entry.name), graph.finish(), entry.name == std::string("linear") ? 0 : kOnnxInlineBytes);
  save_tensors(fmt::format("{}/{}.safetensors", directory, entry.name), tensors);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: onnx_probe DIRECTORY\n");
    return 2;
  }
  int failures = 0;
  for (const Case& entry : cases()) {
    try {
      write_case(argv[1], entry);
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}: {}\n", entry.name, error.what());
      ++failures;
    }
  }
  fmt::print("{} cases\n", cases().size());
  return failures > 0 ? 3 : 0;
}
