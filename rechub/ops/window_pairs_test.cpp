#include "rechub/ops/window_pairs.h"

#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

// Overlapping windows of 3, 0, 4 and 1 of seven positions.
Windows overlapping() { return windows_of({0, 2, 2, 6}, {3, 2, 6, 7}); }

// softmax over a window of scores and weighted sum of values, with a term of the window: the shape of every attention built on pairs.
at::Tensor attention(const WindowPairs& pairs, const at::Tensor& scores, const at::Tensor& values, const at::Tensor& queries) {
  const at::Tensor weights = pairs.softmax(pairs.of_positions(scores) * at::tanh(pairs.of_windows(queries)));
  return pairs.weighted_sum(weights, pairs.of_positions(values));
}

// The same by its definition, a window at a time. scores [P, K], values [P, E], queries [n, K] -> [n, K, E].
at::Tensor defined(const Windows& windows, const at::Tensor& scores, const at::Tensor& values, const at::Tensor& queries) {
  std::vector<at::Tensor> rows;
  for (int64_t w = 0; w < windows.begin.numel(); ++w) {
    const int64_t begin = windows.begin[w].item<int64_t>(), length = windows.end[w].item<int64_t>() - begin;
    const at::Tensor weights = at::softmax(scores.narrow(0, begin, length) * at::tanh(queries[w]), 0);  // [length, K]
    rows.push_back(at::matmul(weights.t(), values.narrow(0, begin, length)));                           // [K, E]
  }
  return at::stack(rows);
}

std::vector<at::Tensor> inputs() { return {random_tensor({7, 2}, 1), random_tensor({7, 5}, 2), random_tensor({4, 2}, 3)}; }

TEST(WindowPairs, PackedAndPaddedAttentionAreTheDefinition) {
  const std::vector<at::Tensor> x = inputs();
  const at::Tensor expected = defined(overlapping(), x[0], x[1], x[2]);
  EXPECT_LT(relative_error(attention(WindowPairs(overlapping()), x[0], x[1], x[2]), expected), 1e-12);
  EXPECT_LT(relative_error(attention(WindowPairs(overlapping().padded()), x[0], x[1], x[2]), expected), 1e-12);
}

TEST(WindowPairs, GradientsEqualFiniteDifferences) {
  for (const Windows& windows : {overlapping(), overlapping().padded()}) {
    EXPECT_LT(gradient_error([&](const auto& x) { return attention(WindowPairs(windows), x[0], x[1], x[2]); }, inputs()), 1e-6);
  }
}

TEST(WindowPairs, SumsLengthsAndSteps) {
  const at::Tensor values = at::arange(7, at::kDouble).view({7, 1});
  for (const Windows& windows : {overlapping(), overlapping().padded()}) {
    const WindowPairs pairs(windows);
    EXPECT_TRUE(at::equal(pairs.sum(pairs.of_positions(values)).flatten(), at::tensor({3.0, 0.0, 14.0, 6.0}, at::kDouble)));
    EXPECT_TRUE(at::equal(pairs.lengths(values).flatten(), at::tensor({3.0, 0.0, 4.0, 1.0}, at::kDouble)));
    // Each position counts for the windows it is in, with the steps to their ends.
    EXPECT_TRUE(at::equal(pairs.sum(pairs.steps_from_end().unsqueeze(-1).to(at::kDouble)).flatten(), at::tensor({3.0, 0.0, 6.0, 0.0}, at::kDouble)));
  }
}

TEST(WindowPairs, LargeScoresDoNotOverflow) {
  const at::Tensor scores = at::full({7, 1}, 1e4), values = at::ones({7, 1}), queries = at::full({4, 1}, 10.0);
  for (const Windows& windows : {overlapping(), overlapping().padded()}) {
    EXPECT_LT(relative_error(attention(WindowPairs(windows), scores, values, queries).flatten(), at::tensor({1.0f, 0.0f, 1.0f, 1.0f})), 1e-6);
  }
}

TEST(WindowPairs, NothingButEmptyWindowsGivesZeros) {
  const Windows windows = windows_of({0, 0}, {0, 0});
  for (const at::Tensor& values : {at::ones({1, 3}), at::ones({1, 3}, at::kDouble)}) {
    const WindowPairs pairs(windows);
    EXPECT_TRUE(at::equal(attention(pairs, values, values, at::ones({2, 3}, values.options())), at::zeros({2, 3, 3}, values.options())));
  }
}

}  // namespace
}  // namespace rechub::ops
