// One training step's full-softmax loss with both gradients: ours, LibTorch's linear + cross_entropy + backward, and the machine's limit (a large MKL product).
#include "bench/arms.h"
#include <ATen/ATen.h>

#include "rechub/base/parallel.h"
#include "rechub/kernels/softmax_loss.h"

namespace rechub::bench {
namespace {

constexpr int64_t kRows = 3000, kItems = 12101;  // a step of SASRec on Amazon Beauty: all positions of a batch, the whole catalogue

struct Step {
  std::vector<float> x, w;
  std::vector<int64_t> targets;

  explicit Step(int64_t dim) : x(normal_values(kRows * dim, 1, 0.3)), w(normal_values(kItems * dim, 2, 0.3)) {
    Random random(3);
    for (int64_t r = 0; r < kRows; ++r) targets.push_back(static_cast<int64_t>(random.below(kItems)));
  }
};

// Three products of rows x items x dim.
double flops(int64_t dim) { return 6.0 * kRows * kItems * static_cast<double>(dim); }

void limit(benchmark::State& state) {
  const int64_t side = 2048;
  const at::Tensor a = at::randn({side, side}), b = at::randn({side, side});
  at::Tensor product = at::empty({side, side});
  run_arm(state, "limit", 2.0 * side * side * side, "GFLOP/s", [&] { at::mm_out(product, a, b); });
}

void torch(benchmark::State& state) {
  const int64_t dim = state.range(0);
  Step step(dim);
  const at::Tensor x = at::from_blob(step.x.data(), {kRows, dim}).set_requires_grad(true), w = at::from_blob(step.w.data(), {kItems, dim}).set_requires_grad(true);
  const at::Tensor targets = at::from_blob(step.targets.data(), {kRows}, at::kLong);
  const std::string name = "torch" + std::to_string(dim);
  run_arm(state, name, flops(dim), "GFLOP/s", [&] {
    x.mutable_grad() = at::Tensor();
    w.mutable_grad() = at::Tensor();
    at::nll_loss(at::log_softmax(at::linear(x, w), 1), targets, {}, at::Reduction::Sum).backward();
  });
  compare_arms(state, "of_limit", name, "limit");
}

void rechub(benchmark::State& state) {
  const int64_t dim = state.range(0);
  const Step step(dim);
  std::vector<float> dx(step.x.size()), dw(step.w.size());
  const std::string name = "rechub" + std::to_string(dim);
  run_arm(state, name, flops(dim), "GFLOP/s", [&] {
    softmax_loss({kRows, kItems, dim, step.x.data(), step.w.data(), step.targets.data(), nullptr, 1.0f}, {nullptr, dx.data(), dw.data()});
  });
  compare_arms(state, "of_limit", name, "limit");
  compare_arms(state, "of_torch", name, "torch" + std::to_string(dim));
  state.SetLabel(kernel_isa_name());
}

BENCHMARK(limit)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(1.0);
BENCHMARK(torch)->ArgName("dim")->Arg(64)->Arg(128)->Arg(256)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(5);
BENCHMARK(rechub)->ArgName("dim")->Arg(64)->Arg(128)->Arg(256)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(1.0);

}  // namespace
}  // namespace rechub::bench

BENCHMARK_MAIN();
