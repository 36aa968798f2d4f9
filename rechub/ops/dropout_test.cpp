#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

// Which of `count` elements are kept, as doubles 0 and 1.
at::Tensor kept(int64_t count, double p, uint64_t seed) { return ops::dropout(at::ones({count}), p, seed).ne(0).to(at::kDouble); }

TEST(Dropout, ZeroGivesTheInputItself) {
  const at::Tensor x = at::ones({3});
  EXPECT_TRUE(ops::dropout(x, 0, 1).is_same(x));
}

TEST(Dropout, OutOfRangeIsAUsageError) {
  EXPECT_THROW(ops::dropout(at::ones({3}), 1.0, 1), Error);
  EXPECT_THROW(ops::dropout(at::ones({3}), -0.1, 1), Error);
}

TEST(Dropout, KeepsAndScales) {
  const at::Tensor y = ops::dropout(at::full({1000}, 3.0f), 0.25, 5);
  EXPECT_TRUE(y.eq(0).logical_or(y.eq(4.0f)).all().item<bool>());
}

// The share kept is within 5 standard deviations, as a whole and in every residue class of the position modulo 2, 16 and 64.
TEST(Dropout, IsUniform) {
  constexpr int64_t kCount = 1 << 18;
  for (double p : {0.1, 0.5, 0.9}) {
    for (uint64_t seed : {0ULL, 1ULL, 0xffffffffffffffffULL}) {
      const at::Tensor keep = kept(kCount, p, seed);
      for (int64_t period : {1, 2, 16, 64}) {
        const double deviation = std::sqrt(p * (1 - p) / static_cast<double>(kCount / period));
        EXPECT_LT((keep.view({-1, period}).mean(0) - (1 - p)).abs().max().item<double>(), 5 * deviation) << p << " seed " << seed << " period " << period;
      }
    }
  }
}

// Correlation over positions of neighbouring seeds (also in the high word), and of one seed with itself shifted, is within 5 standard deviations of 0.
TEST(Dropout, SeedsAndPositionsAreIndependent) {
  constexpr int64_t kCount = 1 << 16;
  const auto centred = [](uint64_t seed) { return (kept(kCount, 0.5, seed) - 0.5) * 2; };
  const at::Tensor base = centred(42);
  for (uint64_t other : {43ULL, 40ULL, 42ULL + (1ULL << 32), 42ULL + (1ULL << 63), 42ULL << 32}) {
    EXPECT_LT(std::abs((base * centred(other)).mean().item<double>()), 5 / std::sqrt(kCount)) << other;
  }
  for (int64_t shift : {1, 2, 16, 64, 4096}) EXPECT_LT(std::abs((base * base.roll(shift)).mean().item<double>()), 5 / std::sqrt(kCount)) << shift;
}

TEST(Dropout, TheMaskIsTheSameInBothFormsAndPrecisions) {
  const at::Tensor x = random_tensor({37, 21}, 1);
  const at::Tensor fused = ops::dropout(x.to(at::kFloat), 0.6, 123456789012345ULL);
  CompositeScope scope;
  const at::Tensor composite = ops::dropout(x.to(at::kFloat), 0.6, 123456789012345ULL), exact = ops::dropout(x, 0.6, 123456789012345ULL);
  EXPECT_TRUE(fused.ne(0).equal(exact.ne(0)));
  EXPECT_TRUE(composite.ne(0).equal(exact.ne(0)));
  EXPECT_LT(relative_error(fused, exact), 1e-6);
}

TEST(Dropout, GradientsEqualFiniteDifferences) {
  EXPECT_LT(gradient_error([](const auto& x) { return ops::dropout(x[0], 0.3, 9); }, {random_tensor({5, 7}, 2)}), 1e-6);
}

TEST(Dropout, FusedEqualsCompositeAtOddSizesAndStrides) {
  for (int64_t count : {1, 15, 16, 17, 100003}) EXPECT_LT(fused_error([](const auto& x) { return ops::dropout(x[0], 0.3, 9); }, {random_tensor({count}, 2)}), 1e-6) << count;
  EXPECT_LT(fused_error([](const auto& x) { return ops::dropout(x[0].t(), 0.3, 9); }, {random_tensor({13, 9}, 2)}), 1e-6);
}

TEST(Dropout, NothingInNothingOut) { EXPECT_EQ(ops::dropout(at::ones({0, 4}), 0.5, 1).sizes(), (std::vector<int64_t>{0, 4})); }

}  // namespace
}  // namespace rechub::ops
