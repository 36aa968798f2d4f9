// Exact search. Batch: all users of Amazon Beauty, each with an exclude list and a target to rank, k = 20; LibTorch does mm + topk only, 1,024 users at a time. Single: one query
// against a million vectors; LibTorch does mv + topk; the limit is a plain read of the same bytes.
#include <numeric>

#include "bench/arms.h"
#include <ATen/ATen.h>

#include "rechub/base/parallel.h"
#include "rechub/index/flat.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub::bench {
namespace {

constexpr int64_t kUsers = 22363, kItems = 12101, kDim = 64, kBest = 20, kMillion = 1000000;
constexpr double kBatchFlops = 2.0 * kUsers * kItems * kDim, kMillionBytes = 4.0 * kMillion * kDim;

void limit_gemm(benchmark::State& state) {
  const int64_t side = 2048;
  const at::Tensor a = at::randn({side, side}), b = at::randn({side, side});
  at::Tensor product = at::empty({side, side});
  run_arm(state, "limit_gemm", 2.0 * side * side * side, "GFLOP/s", [&] { at::mm_out(product, a, b); });
}

void torch_batch(benchmark::State& state) {
  std::vector<float> users = normal_values(kUsers * kDim, 1, 1.0), items = normal_values(kItems * kDim, 2, 1.0);
  const at::Tensor x = at::from_blob(users.data(), {kUsers, kDim}), w = at::from_blob(items.data(), {kItems, kDim}).t();
  run_arm(state, "torch_batch", kBatchFlops, "GFLOP/s", [&] {
    for (int64_t first = 0; first < kUsers; first += 1024) benchmark::DoNotOptimize(at::topk(at::mm(x.slice(0, first, std::min(kUsers, first + 1024)), w), kBest, 1));
  });
  compare_arms(state, "of_limit", "torch_batch", "limit_gemm");
}

void rechub_batch(benchmark::State& state) {
  const std::vector<float> users = normal_values(kUsers * kDim, 1, 1.0), items = normal_values(kItems * kDim, 2, 1.0);
  Random random(3);
  std::vector<int64_t> exclude_offsets(kUsers + 1), target_offsets(kUsers + 1);
  std::vector<int32_t> excluded, targets;
  for (int64_t u = 0; u < kUsers; ++u) {
    for (int i = 0; i < 9; ++i) excluded.push_back(static_cast<int32_t>(random.below(kItems)));
    targets.push_back(static_cast<int32_t>(random.below(kItems)));
    exclude_offsets[u + 1] = static_cast<int64_t>(excluded.size());
    target_offsets[u + 1] = static_cast<int64_t>(targets.size());
  }
  const FlatIndex index(items, kItems, kDim);
  const SearchQuery query{.vectors = users, .num_queries = kUsers, .k = kBest, .exclude = {exclude_offsets, excluded}, .targets = {target_offsets, targets}};
  run_arm(state, "rechub_batch", kBatchFlops, "GFLOP/s", [&] { benchmark::DoNotOptimize(index.search(query)); });
  compare_arms(state, "of_limit", "rechub_batch", "limit_gemm");
  compare_arms(state, "of_torch", "rechub_batch", "torch_batch");
  state.SetLabel(kernel_isa_name());
}

// Every thread adds up its part of the vectors, in enough sums to hide the additions' latency, asking for memory a page ahead.
float read_all(const std::vector<float>& values) {
  constexpr int64_t kLanes = 32;
  std::vector<float> sums(num_threads());
  parallel_for(static_cast<int64_t>(values.size()) / kLanes, 1024, [&](int64_t begin, int64_t end, int thread) {
    float lanes[kLanes] = {};
    for (const float* p = values.data() + begin * kLanes; p < values.data() + end * kLanes; p += kLanes) {
      __builtin_prefetch(p + 1024);
      __builtin_prefetch(p + 1024 + 16);
      for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += p[lane];
    }
    sums[thread] = std::accumulate(lanes, lanes + kLanes, 0.0f);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0f);
}

void limit_read(benchmark::State& state) {
  const std::vector<float> items = normal_values(kMillion * kDim, 4, 1.0);
  run_arm(state, "limit_read", kMillionBytes, "GB/s", [&] { benchmark::DoNotOptimize(read_all(items)); });
}

void torch_single(benchmark::State& state) {
  std::vector<float> items = normal_values(kMillion * kDim, 4, 1.0), user = normal_values(kDim, 5, 1.0);
  const at::Tensor w = at::from_blob(items.data(), {kMillion, kDim}), x = at::from_blob(user.data(), {kDim});
  run_arm(state, "torch_single", kMillionBytes, "GB/s", [&] { benchmark::DoNotOptimize(at::topk(at::mv(w, x), kBest)); });
  compare_arms(state, "of_limit", "torch_single", "limit_read");
}

void rechub_single(benchmark::State& state) {
  const std::vector<float> items = normal_values(kMillion * kDim, 4, 1.0), user = normal_values(kDim, 5, 1.0);
  const FlatIndex index(items, kMillion, kDim);
  run_arm(state, "rechub_single", kMillionBytes, "GB/s", [&] { benchmark::DoNotOptimize(index.search({.vectors = user, .num_queries = 1, .k = kBest})); });
  compare_arms(state, "of_limit", "rechub_single", "limit_read");
  compare_arms(state, "of_torch", "rechub_single", "torch_single");
  state.SetLabel(kernel_isa_name());
}

BENCHMARK(limit_gemm)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(1.0);
BENCHMARK(torch_batch)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(rechub_batch)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(1.0);
BENCHMARK(limit_read)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(1.0);
BENCHMARK(torch_single)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(1.0);
BENCHMARK(rechub_single)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(1.0);

}  // namespace
}  // namespace rechub::bench

BENCHMARK_MAIN();
