#include "rechub/kernels/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

std::vector<float> random_values(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

struct Result {
  std::vector<float> out, log_sums, dq, dk, dv;
};

Result run(const AttentionKernels& kernel, int64_t num_rows, int64_t width, int64_t num_heads, double dropout) {
  const int64_t size = num_rows * width;
  const std::vector<float> q = random_values(size, 1), k = random_values(size, 2), v = random_values(size, 3), gradient = random_values(size, 4);
  const AttentionInput input = {q.data(), k.data(), v.data(), width, num_heads, 0.3f, dropout_rule(dropout, 9)};
  Result result = {std::vector<float>(size), std::vector<float>(num_rows * num_heads), std::vector<float>(size), std::vector<float>(size), std::vector<float>(size)};
  std::vector<float> workspace(3 * (num_rows + 16));
  kernel.forward(input, 1, num_rows, result.out.data(), result.log_sums.data(), workspace.data());
  const AttentionGradients gradients = {result.log_sums.data(), gradient.data(), result.dq.data(), result.dk.data(), result.dv.data()};
  kernel.backward(input, gradients, 1, num_rows, workspace.data());
  return result;
}

void expect_near(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) {
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-5 * std::max(1.0f, std::abs(b[i]))) << what << " element " << i;
}

TEST(AttentionKernel, EveryLevelEqualsTheReference) {
  for (const std::string& isa : supported_isas()) {
    for (auto [num_rows, width, num_heads] : std::vector<std::array<int64_t, 3>>{{2, 1, 1}, {18, 64, 1}, {40, 48, 2}, {35, 17, 1}, {9, 128, 1}, {51, 40, 5}, {2, 66, 3}}) {
      for (double dropout : {0.0, 0.5}) {
        const Result got = run(kernels_of(isa).attention, num_rows, width, num_heads, dropout), truth = run(reference::attention_kernels(), num_rows, width, num_heads, dropout);
        const std::string what = isa + " rows " + std::to_string(num_rows) + " width " + std::to_string(width);
        expect_near(got.out, truth.out, what + " out");
        expect_near(got.log_sums, truth.log_sums, what + " log_sums");
        expect_near(got.dq, truth.dq, what + " dq");
        expect_near(got.dk, truth.dk, what + " dk");
        expect_near(got.dv, truth.dv, what + " dv");
      }
    }
  }
}

TEST(AttentionKernel, LeavesOtherRowsAlone) {
  for (const std::string& isa : supported_isas()) {
    const Result got = run(kernels_of(isa).attention, 20, 24, 2, 0.2);
    for (int64_t i = 0; i < 24; ++i) ASSERT_EQ(got.out[i] + got.dq[i] + got.dk[i] + got.dv[i], 0.0f) << isa;
  }
}

// Two rows, width 1, no scale: the second row's weights are 1 / (1 + e) and e / (1 + e).
TEST(AttentionKernel, HandComputed) {
  const std::vector<float> q = {5, 1}, k = {0, 1}, v = {2, 4};
  for (const std::string& isa : supported_isas()) {
    std::vector<float> out(2), log_sums(2), workspace(3 * 18);
    kernels_of(isa).attention.forward({q.data(), k.data(), v.data(), 1, 1, 1.0f, dropout_rule(0, 0)}, 0, 2, out.data(), log_sums.data(), workspace.data());
    EXPECT_NEAR(out[0], 2, 1e-6);
    EXPECT_NEAR(out[1], (2 + 4 * std::exp(1.0)) / (1 + std::exp(1.0)), 1e-6);
    EXPECT_NEAR(log_sums[1], std::log(1 + std::exp(1.0)), 1e-6);
  }
}

}  // namespace
}  // namespace rechub
