#include "rechub/kernels/additive_attention.h"

#include <algorithm>
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
  std::vector<float> out, weights, dq, dk, dweight, dx;
};

// Over rows [1, num_rows).
Result run(const AdditiveAttentionKernels& kernel, int64_t num_rows, int64_t width, int64_t value_width, bool normalised) {
  const std::vector<float> q = random_values(width, 1), k = random_values(num_rows * width, 2), weight = random_values(width, 3), x = random_values(num_rows * value_width, 4);
  const std::vector<float> out_gradient = random_values(value_width, 5);
  const AdditiveAttentionInput input = {k.data(), weight.data(), x.data(), width, value_width, normalised};
  Result result = {std::vector<float>(value_width),      std::vector<float>(num_rows - 1), std::vector<float>(width),
                   std::vector<float>(num_rows * width), std::vector<float>(width, 0.5f),  std::vector<float>(num_rows * value_width)};
  std::vector<float> workspace(num_rows + 16);
  kernel.forward(input, q.data(), 1, num_rows, result.weights.data(), result.out.data());
  kernel.backward(input, {result.dk.data(), result.dweight.data(), result.dx.data()}, q.data(), 1, num_rows, result.weights.data(), out_gradient.data(), result.dq.data(),
                  workspace.data());
  return result;
}

void expect_near(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) {
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-5 * std::max(1.0f, std::abs(b[i]))) << what << " element " << i;
}

TEST(AdditiveAttentionKernel, EveryLevelEqualsTheReference) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t num_rows : {2, 3, 18, 40}) {
      for (int64_t width : {1, 7, 16, 33, 128}) {
        for (bool normalised : {false, true}) {
          const int64_t value_width = width + 5;
          const Result got = run(kernels_of(isa).additive_attention, num_rows, width, value_width, normalised);
          const Result truth = run(kernels_of("reference").additive_attention, num_rows, width, value_width, normalised);
          const std::string what = isa + " rows " + std::to_string(num_rows) + " width " + std::to_string(width);
          expect_near(got.weights, truth.weights, what + " weights");
          expect_near(got.out, truth.out, what + " out");
          expect_near(got.dq, truth.dq, what + " dq");
          expect_near(got.dk, truth.dk, what + " dk");
          expect_near(got.dweight, truth.dweight, what + " dweight");
          expect_near(got.dx, truth.dx, what + " dx");
        }
      }
    }
  }
}

TEST(AdditiveAttentionKernel, LeavesOtherRowsAlone) {
  for (const std::string& isa : supported_isas()) {
    const Result got = run(kernels_of(isa).additive_attention, 20, 9, 11, true);
    for (int64_t c = 0; c < 9; ++c) ASSERT_EQ(got.dk[c], 0.0f) << isa;
    for (int64_t c = 0; c < 11; ++c) ASSERT_EQ(got.dx[c], 0.0f) << isa;
  }
}

// Two rows, width 1: scores are 2 sigmoid(0) = 1 and 2 sigmoid(ln 3) = 1.5.
TEST(AdditiveAttentionKernel, HandComputed) {
  const std::vector<float> k = {-1, static_cast<float>(std::log(3.0)) - 1}, x = {4, 10};
  const float q = 1, weight = 2;
  for (const std::string& isa : supported_isas()) {
    for (bool normalised : {false, true}) {
      std::vector<float> weights(2), out(1);
      kernels_of(isa).additive_attention.forward({k.data(), &weight, x.data(), 1, 1, normalised}, &q, 0, 2, weights.data(), out.data());
      const double second = normalised ? 1 / (1 + std::exp(-0.5)) : 1.5;
      EXPECT_NEAR(weights[1], second, 1e-6) << isa;
      EXPECT_NEAR(out[0], normalised ? 4 * (1 - second) + 10 * second : 4 + 15, 1e-5) << isa;
    }
  }
}

}  // namespace
}  // namespace rechub
