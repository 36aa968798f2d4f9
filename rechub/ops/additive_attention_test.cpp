#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

// Windows of 3, 0, 4, 1 and 7 of nine positions: overlapping, out of order, one position in none of them.
Windows overlapping() { return windows_of({1, 4, 3, 8, 1}, {4, 4, 7, 9, 8}); }

std::vector<at::Tensor> inputs(int64_t width, int64_t value_width, at::ScalarType type = at::kDouble) {
  return {random_tensor({5, width}, 1, type), random_tensor({9, width}, 2, type), random_tensor({1, width}, 3, type), random_tensor({9, value_width}, 4, type)};
}

TensorFunction attention(const Windows& windows, bool normalised) {
  return [=](const std::vector<at::Tensor>& x) { return additive_attention(x[0], x[1], x[2], x[3], windows, normalised); };
}

// By its definition, a window at a time.
at::Tensor defined(const std::vector<at::Tensor>& x, const Windows& windows, bool normalised) {
  std::vector<at::Tensor> rows;
  for (int64_t w = 0; w < windows.begin.numel(); ++w) {
    const int64_t begin = windows.begin[w].item<int64_t>(), length = windows.end[w].item<int64_t>() - begin;
    const at::Tensor scores = at::matmul(at::sigmoid(x[0][w] + x[1].narrow(0, begin, length)), x[2][0]);  // [length]
    rows.push_back(at::matmul(normalised ? at::softmax(scores, 0) : scores, x[3].narrow(0, begin, length)));
  }
  return at::stack(rows);
}

TEST(AdditiveAttention, PackedAndPaddedAreTheDefinition) {
  const auto x = inputs(6, 4);
  for (bool normalised : {false, true}) {
    const at::Tensor expected = defined(x, overlapping(), normalised);
    EXPECT_LT(relative_error(attention(overlapping(), normalised)(x), expected), 1e-12);
    EXPECT_LT(relative_error(attention(overlapping().padded(), normalised)(x), expected), 1e-12);
    EXPECT_EQ(expected[1].abs().max().item<double>(), 0);
  }
}

TEST(AdditiveAttention, GradientsEqualFiniteDifferences) {
  for (bool normalised : {false, true}) EXPECT_LT(gradient_error(attention(overlapping(), normalised), inputs(3, 2)), 1e-6);
}

TEST(AdditiveAttention, FusedEqualsComposite) {
  for (bool normalised : {false, true}) {
    for (int64_t width : {1, 16, 33}) EXPECT_LT(fused_error(attention(overlapping(), normalised), inputs(width, width + 3)), 1e-5) << width;
  }
}

TEST(AdditiveAttention, TheNumberOfThreadsDoesNotChangeTheOutput) {
  // Readouts of all positions of 60 sequences of 5.
  std::vector<int64_t> begin, end;
  for (int64_t r = 0; r < 300; ++r) begin.push_back(r / 5 * 5), end.push_back(r + 1);
  const std::vector<at::Tensor> x = {random_tensor({300, 9}, 1, at::kFloat), random_tensor({300, 9}, 2, at::kFloat), random_tensor({1, 9}, 3, at::kFloat),
                                     random_tensor({300, 7}, 4, at::kFloat)};
  const auto f = attention(windows_of(begin, end), true);
  const int threads = num_threads();
  set_num_threads(1);
  const auto single = output_and_gradients(f, x);
  set_num_threads(3);
  const auto several = output_and_gradients(f, x);
  set_num_threads(threads);
  for (size_t i : {0, 1, 2, 4}) EXPECT_TRUE(single[i].equal(several[i])) << i;
  EXPECT_LT(relative_error(several[3], single[3]), 1e-6);  // the weight's gradient is summed per thread
}

TEST(AdditiveAttention, WidthsThatDifferAreAnError) {
  auto x = inputs(6, 4);
  x[2] = x[2].narrow(1, 0, 5);
  EXPECT_THROW(attention(overlapping(), true)(x), Error);
}

}  // namespace
}  // namespace rechub::ops
