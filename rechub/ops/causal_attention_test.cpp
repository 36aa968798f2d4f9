#include <cmath>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

TensorFunction attention(const Windows& windows, int64_t num_heads, double p = 0) {
  return [=](const std::vector<at::Tensor>& x) { return causal_attention(x[0], x[1], x[2], windows, num_heads, p, 99); };
}

std::vector<at::Tensor> qkv(int64_t positions, int64_t width, at::ScalarType type = at::kDouble) {
  return {random_tensor({positions, width}, 1, type), random_tensor({positions, width}, 2, type), random_tensor({positions, width}, 3, type)};
}

// One head, written as the sums of the definition.
at::Tensor naive(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const std::vector<int64_t>& begin, const std::vector<int64_t>& end) {
  at::Tensor out = at::zeros_like(q);
  const auto query = q.accessor<double, 2>(), key = k.accessor<double, 2>(), value = v.accessor<double, 2>();
  auto result = out.accessor<double, 2>();
  const int64_t width = q.size(1);
  for (size_t w = 0; w < begin.size(); ++w) {
    for (int64_t i = begin[w]; i < end[w]; ++i) {
      double total = 0;
      std::vector<double> weight;
      for (int64_t j = begin[w]; j <= i; ++j) {
        double score = 0;
        for (int64_t d = 0; d < width; ++d) score += query[i][d] * key[j][d];
        weight.push_back(std::exp(score / std::sqrt(width)));
        total += weight.back();
      }
      for (int64_t j = begin[w]; j <= i; ++j) {
        for (int64_t d = 0; d < width; ++d) result[i][d] += weight[j - begin[w]] / total * value[j][d];
      }
    }
  }
  return out;
}

TEST(CausalAttention, OneHeadEqualsTheTripleLoop) {
  const std::vector<int64_t> begin = {6, 0, 5, 5}, end = {9, 4, 5, 6};  // position 4 lies in no window, and one window is empty
  const auto x = qkv(9, 5);
  const at::Tensor truth = naive(x[0], x[1], x[2], begin, end);
  EXPECT_LT(relative_error(attention(windows_of(begin, end), 1)(x), truth), 1e-12);
  EXPECT_LT(relative_error(attention(windows_of(begin, end), 1)({x[0].to(at::kFloat), x[1].to(at::kFloat), x[2].to(at::kFloat)}), truth), 1e-6);
}

TEST(CausalAttention, HeadsAreIndependent) {
  const Windows windows = consecutive_windows({3, 1, 6});
  const auto x = qkv(10, 12);
  const at::Tensor both = attention(windows, 2)(x);
  for (int64_t head : {0, 1}) {
    const at::Tensor alone = attention(windows, 1)({x[0].narrow(1, 6 * head, 6), x[1].narrow(1, 6 * head, 6), x[2].narrow(1, 6 * head, 6)});
    EXPECT_LT(relative_error(both.narrow(1, 6 * head, 6), alone), 1e-12);
  }
}

TEST(CausalAttention, GradientsEqualFiniteDifferences) {
  const Windows windows = consecutive_windows({3, 0, 1, 5}, 1);
  for (double p : {0.0, 0.4}) EXPECT_LT(gradient_error(attention(windows, 2, p), qkv(13, 4)), 1e-6) << p;
}

TEST(CausalAttention, FusedEqualsComposite) {
  const Windows windows = consecutive_windows({7, 0, 1, 33, 2, 16, 17, 50, 5}, 1);
  for (auto [width, heads] : std::vector<std::pair<int64_t, int64_t>>{{8, 1}, {64, 1}, {64, 2}, {66, 3}, {50, 1}, {128, 1}, {5, 5}}) {
    for (double p : {0.0, 0.5}) EXPECT_LT(fused_error(attention(windows, heads, p), qkv(140, width)), 1e-5) << width << " in " << heads << " heads, dropout " << p;
  }
}

TEST(CausalAttention, LongWindowsAndLargeScores) {
  EXPECT_LT(fused_error(attention(consecutive_windows({300, 257}), 2, 0.2), qkv(557, 16)), 1e-5);
  auto x = qkv(40, 16);
  x[0] = x[0] * 40;  // scores of a few hundred: the softmax is a choice of one
  EXPECT_LT(fused_error(attention(consecutive_windows({40}), 1), x), 2e-5);
}

TEST(CausalAttention, TheFutureIsNotSeenBitForBit) {
  const Windows windows = consecutive_windows({9, 20}, 1);
  for (bool composite : {false, true}) {
    CompositeScope scope(composite);
    const auto x = qkv(31, 32, at::kFloat);
    const at::Tensor before = attention(windows, 2, 0.3)(x);
    for (at::Tensor input : x) input.narrow(0, 17, 14).add_(1.5);
    EXPECT_TRUE(before.narrow(0, 0, 17).equal(attention(windows, 2, 0.3)(x).narrow(0, 0, 17)));
  }
}

TEST(CausalAttention, AWindowAloneEqualsTheWindowInABatchBitForBit) {
  const auto x = qkv(60, 24, at::kFloat);
  const at::Tensor batch = attention(consecutive_windows({9, 20, 1, 30}), 2)(x);
  const std::vector<at::Tensor> alone = {x[0].narrow(0, 9, 20), x[1].narrow(0, 9, 20), x[2].narrow(0, 9, 20)};
  EXPECT_TRUE(batch.narrow(0, 9, 20).equal(attention(consecutive_windows({20}), 2)(alone)));
}

TEST(CausalAttention, TheNumberOfThreadsChangesNothing) {
  const int threads = num_threads();
  const auto x = qkv(400, 16, at::kFloat);
  const Windows windows = consecutive_windows({150, 1, 49, 100, 100});
  set_num_threads(1);
  const auto single = output_and_gradients(attention(windows, 2, 0.3), x);
  set_num_threads(3);
  const auto several = output_and_gradients(attention(windows, 2, 0.3), x);
  set_num_threads(threads);
  for (size_t i = 0; i < single.size(); ++i) EXPECT_TRUE(single[i].equal(several[i])) << i;
}

TEST(CausalAttention, NoWindowsGiveZeros) {
  for (bool composite : {false, true}) {
    CompositeScope scope(composite);
    EXPECT_TRUE(attention(windows_of({}, {}), 1)(qkv(3, 4, at::kFloat)).equal(at::zeros({3, 4})));
    EXPECT_TRUE(attention(windows_of({1}, {1}), 1)(qkv(3, 4, at::kFloat)).equal(at::zeros({3, 4})));
  }
}

TEST(CausalAttention, AWidthThatHeadsDoNotDivideIsAnError) { EXPECT_THROW(attention(consecutive_windows({3}), 2)(qkv(3, 5)), Error); }

}  // namespace
}  // namespace rechub::ops
