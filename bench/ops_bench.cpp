// Forward and backward of the sequence ops on a training batch of Amazon Beauty: 512 windows, mean length 7, at most 50, width 64. LibTorch runs attention and its GRU padded to
// the longest window, its GRU also packed (PackedSequence), and dropout on the same packed values as ours. Limits: a large product, and a copy of the same bytes.
#include <cmath>

#include "bench/arms.h"
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "rechub/kernels/kernel_table.h"
#include "rechub/ops/ops.h"

namespace rechub::bench {
namespace {

constexpr int64_t kWindows = 512, kLongest = 50, kWidth = 64;
constexpr double kDropout = 0.5;

struct Batch {
  std::vector<int64_t> lengths;
  int64_t positions = 0, longest = 0;
  double pairs = 0;  // query, key
  Windows windows;

  Batch() {
    Random random(1);
    std::vector<int64_t> begin, end;
    for (int64_t w = 0; w < kWindows; ++w) {
      const int64_t length = std::min(kLongest, static_cast<int64_t>(3 - 4.5 * std::log(1 - random.uniform())));  // five-core data, two events held out
      lengths.push_back(length);
      begin.push_back(positions);
      positions += length;
      end.push_back(positions);
      longest = std::max(longest, length);
      pairs += 0.5 * static_cast<double>(length * (length + 1));
    }
    windows.begin = at::tensor(at::IntArrayRef(begin), at::kLong);
    windows.end = at::tensor(at::IntArrayRef(end), at::kLong);
  }
  // Packed values [P, 64], and padded ones [512, longest, 64]: random, as the time does not depend on them.
  at::Tensor packed() const { return at::randn({positions, kWidth}).requires_grad_(); }
  at::Tensor padded() const { return at::randn({kWindows, longest, kWidth}).requires_grad_(); }
  // Two products of pairs x 64 forward, five backward (one of them again).
  double attention_flops() const { return 14.0 * pairs * kWidth; }
  // Two products of P x 64 x 192 forward, four backward.
  double gru_flops() const { return 6.0 * 2.0 * static_cast<double>(positions) * kWidth * 3 * kWidth; }
  // Read and written, forward and backward.
  double dropout_bytes() const { return 16.0 * static_cast<double>(positions) * kWidth; }
};

const Batch& batch() {
  static const Batch instance;
  return instance;
}

void step(const at::Tensor& output, const std::vector<at::Tensor>& inputs) { benchmark::DoNotOptimize(torch::autograd::grad({output}, inputs, {at::ones_like(output)})); }

void compare(benchmark::State& state, const std::string& name, const std::string& limit, const std::vector<std::string>& rivals) {
  compare_arms(state, "of_limit", name, limit);
  for (const std::string& rival : rivals) compare_arms(state, ("of_" + rival).c_str(), name, rival);
  if (name.starts_with("rechub")) state.SetLabel(kernel_isa_name());
}

void limit_gemm(benchmark::State& state) {
  const int64_t side = 1024;
  const at::Tensor a = at::randn({side, side}), b = at::randn({side, side});
  at::Tensor product = at::empty({side, side});
  run_arm(state, "limit_gemm", 2.0 * side * side * side, "GFLOP/s", [&] { at::mm_out(product, a, b); });
}

void limit_copy(benchmark::State& state) {
  const at::Tensor from = at::randn({2, batch().positions, kWidth});
  at::Tensor to = at::empty_like(from);
  run_arm(state, "limit_copy", batch().dropout_bytes(), "GB/s", [&] { to.copy_(from); });
}

void torch_attention(benchmark::State& state) {
  const std::vector<at::Tensor> x = {batch().padded(), batch().padded(), batch().padded()};
  run_arm(state, "torch_attention", batch().attention_flops(), "GFLOP/s",
          [&] { step(at::scaled_dot_product_attention(x[0].unsqueeze(1), x[1].unsqueeze(1), x[2].unsqueeze(1), {}, kDropout, /*is_causal=*/true), x); });
  compare(state, "torch_attention", "limit_gemm", {});
}

void rechub_attention(benchmark::State& state) {
  const std::vector<at::Tensor> x = {batch().packed(), batch().packed(), batch().packed()};
  run_arm(state, "rechub_attention", batch().attention_flops(), "GFLOP/s", [&] { step(ops::causal_attention(x[0], x[1], x[2], batch().windows, 1, kDropout, 7), x); });
  compare(state, "rechub_attention", "limit_gemm", {"torch_attention"});
}

std::vector<at::Tensor> gru_weights() {
  std::vector<at::Tensor> weights;
  for (std::vector<int64_t> shape : {std::vector<int64_t>{3 * kWidth, kWidth}, {3 * kWidth, kWidth}, {3 * kWidth}, {3 * kWidth}})
    weights.push_back((at::randn(shape) * 0.1).requires_grad_());
  return weights;
}

std::vector<at::Tensor> with_input(const at::Tensor& x, std::vector<at::Tensor> weights) {
  weights.insert(weights.begin(), x);
  return weights;
}

void torch_gru_padded(benchmark::State& state) {
  const std::vector<at::Tensor> weights = gru_weights(), x = with_input(batch().padded(), weights);
  const at::Tensor start = at::zeros({1, kWindows, kWidth});
  run_arm(state, "torch_gru_padded", batch().gru_flops(), "GFLOP/s", [&] { step(std::get<0>(at::gru(x[0], start, weights, true, 1, 0.0, true, false, true)), x); });
  compare(state, "torch_gru_padded", "limit_gemm", {});
}

void torch_gru_packed(benchmark::State& state) {
  const std::vector<at::Tensor> weights = gru_weights(), x = with_input(batch().packed(), weights);
  std::vector<int64_t> alive;  // windows longer than t
  for (int64_t t = 0; t < batch().longest; ++t) alive.push_back(std::count_if(batch().lengths.begin(), batch().lengths.end(), [&](int64_t length) { return length > t; }));
  const at::Tensor start = at::zeros({1, kWindows, kWidth}), batch_sizes = at::tensor(at::IntArrayRef(alive), at::kLong);
  run_arm(state, "torch_gru_packed", batch().gru_flops(), "GFLOP/s", [&] { step(std::get<0>(at::gru(x[0], batch_sizes, start, weights, true, 1, 0.0, true, false)), x); });
  compare(state, "torch_gru_packed", "limit_gemm", {});
}

void rechub_gru(benchmark::State& state) {
  const std::vector<at::Tensor> x = with_input(batch().packed(), gru_weights());
  run_arm(state, "rechub_gru", batch().gru_flops(), "GFLOP/s", [&] { step(ops::gru(x[0], x[1], x[2], x[3], x[4], batch().windows, ops::GruCell::kResetAfter), x); });
  compare(state, "rechub_gru", "limit_gemm", {"torch_gru_padded", "torch_gru_packed"});
}

void torch_dropout(benchmark::State& state) {
  const at::Tensor x = batch().packed();
  run_arm(state, "torch_dropout", batch().dropout_bytes(), "GB/s", [&] { step(at::dropout(x, kDropout, true), {x}); });
  compare(state, "torch_dropout", "limit_copy", {});
}

void rechub_dropout(benchmark::State& state) {
  const at::Tensor x = batch().packed();
  run_arm(state, "rechub_dropout", batch().dropout_bytes(), "GB/s", [&] { step(ops::dropout(x, kDropout, 7), {x}); });
  compare(state, "rechub_dropout", "limit_copy", {"torch_dropout"});
}

void arm(const char* name, void (*body)(benchmark::State&)) { benchmark::RegisterBenchmark(name, body)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(0.5); }

}  // namespace
}  // namespace rechub::bench

int main(int argc, char** argv) {
  using namespace rechub::bench;
  benchmark::Initialize(&argc, argv);
  arm("limit_gemm", limit_gemm);
  arm("limit_copy", limit_copy);
  arm("torch_attention", torch_attention);
  arm("rechub_attention", rechub_attention);
  arm("torch_gru_padded", torch_gru_padded);
  arm("torch_gru_packed", torch_gru_packed);
  arm("rechub_gru", rechub_gru);
  arm("torch_dropout", torch_dropout);
  arm("rechub_dropout", rechub_dropout);
  benchmark::RunSpecifiedBenchmarks();
}
