#include <string>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>

#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"
#include "rechub/ops/window_pairs.h"

namespace rechub::ops {
namespace {

using WindowedFunction = std::function<at::Tensor(const at::Tensor& x, const Windows& windows)>;

// The graph of f traced over a padded batch of n windows of up to L elements, without the tensors' shapes.
std::string traced(const WindowedFunction& f, int64_t n, int64_t L) {
  const torch::jit::Stack inputs = {random_tensor({n * L, 8}, 1, at::kFloat), at::arange(n * L).view({n, L}), at::arange(L).expand({n, L}).lt(at::arange(1, n + 1).unsqueeze(1))};
  const auto body = [&](torch::jit::Stack stack) {
    Windows windows;
    windows.index = stack[1].toTensor();
    windows.mask = stack[2].toTensor();
    windows.is_padded_input = true;
    return torch::jit::Stack{f(stack[0].toTensor(), windows)};
  };
  const auto state = torch::jit::tracer::trace(
                         inputs, body, [](const at::Tensor&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/true)
                         .first;
  for (torch::jit::Node* node : state->graph->nodes()) {
    for (torch::jit::Value* output : node->outputs()) {
      if (output->type()->isSubtypeOf(*c10::TensorType::get())) output->setType(c10::TensorType::get());
    }
  }
  for (torch::jit::Value* input : state->graph->inputs()) input->setType(c10::TensorType::get());
  return state->graph->toString(/*print_source_locations=*/false);
}

void expect_one_graph(const WindowedFunction& f, const std::string& expected_node) {
  const std::string graph = traced(f, 2, 3);
  EXPECT_EQ(graph, traced(f, 5, 7));
  EXPECT_NE(graph.find(expected_node), std::string::npos) << graph;
}

TEST(Trace, WindowPoolHoldsForEverySize) {
  for (const char* mode : {"mean", "sum", "max"}) expect_one_graph([&](const auto& x, const auto& windows) { return window_pool(x, windows, mode); }, "aten::embedding");
}

TEST(Trace, CausalAttentionHoldsForEverySize) {
  expect_one_graph([](const auto& x, const auto& windows) { return causal_attention(x, x, x, windows, 2, 0, 0); }, "aten::softmax");
}

TEST(Trace, AdditiveAttentionHoldsForEverySize) {
  const at::Tensor weight = random_tensor({1, 8}, 1, at::kFloat);
  for (bool normalised : {false, true}) {
    expect_one_graph([&](const auto& x, const auto& windows) { return additive_attention(window_pool(x, windows, "mean"), x, weight, x, windows, normalised); }, "aten::sigmoid");
  }
}

TEST(Trace, GruIsOneNodeThatHoldsForEverySize) {
  const at::Tensor weight_ih = random_tensor({15, 8}, 1, at::kFloat), weight_hh = random_tensor({15, 5}, 2, at::kFloat), bias = random_tensor({15}, 3, at::kFloat);
  expect_one_graph([&](const auto& x, const auto& windows) { return gru(x, weight_ih, weight_hh, bias, bias, windows, GruCell::kResetAfter); }, "aten::gru");
  expect_one_graph([&](const auto& x, const auto& windows) { return gru(x, weight_ih, weight_hh, bias, bias, windows, GruCell::kResetBefore); }, "rechub::gru_reset_before");
}

TEST(Trace, AttentionOnPairsHoldsForEverySize) {
  expect_one_graph(
      [](const auto& x, const auto& windows) {
        const WindowPairs pairs(windows);
        const at::Tensor seen = pairs.of_positions(x), mean = pairs.sum(seen) / pairs.lengths(x);
        const at::Tensor recency = pairs.steps_from_end().unsqueeze(-1).to(x.scalar_type());
        return pairs.weighted_sum(pairs.softmax(seen * pairs.of_windows(mean) - recency), seen);
      },
      "aten::softmax");
}

TEST(Trace, PackedWindowsHoldForEverySize) {
  expect_one_graph(
      [](const auto& x, Windows windows) {
        windows.is_padded_input = false;
        return causal_attention(x, x, x, windows, 2, 0, 0);
      },
      "aten::index_add");
}

}  // namespace
}  // namespace rechub::ops
