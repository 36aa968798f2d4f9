#include "rechub/base/random.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace rechub {
namespace {

TEST(Random, MatchesThePublishedReference) {
  // splitmix64 from state 0 gives these first words (Vigna's reference code); xoshiro256++ starts from them.
  Random random(0);
  const uint64_t s0 = 0xe220a8397b1dcdafULL, s3 = 0xf88bb8a8724c81ecULL;
  const uint64_t sum = s0 + s3;
  EXPECT_EQ(random.next(), ((sum << 23) | (sum >> 41)) + s0);
}

TEST(Random, SameSeedSameNumbers) {
  Random a(7), b(7), c(8);
  for (int i = 0; i < 100; ++i) {
    const uint64_t x = a.next();
    EXPECT_EQ(x, b.next());
    EXPECT_NE(x, c.next());
  }
}

TEST(Random, BelowIsUniform) {
  Random random(1);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[random.below(7)];
  double chi_square = 0;
  for (int count : counts) chi_square += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, p = .001
}

TEST(Random, NormalHasMomentsOfANormal) {
  Random random(3);
  double sum = 0, squares = 0, fourth = 0;
  const int n = 200000;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    sum += x, squares += x * x, fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / n, 0, .01);
  EXPECT_NEAR(squares / n, 1, .02);
  EXPECT_NEAR(fourth / n, 3, .1);
}

TEST(Mix, OrderAndEveryWordCount) {
  const std::set<uint64_t> values = {mix({1, 2}), mix({2, 1}), mix({1, 2, 0}), mix({1, 3}), mix({})};
  EXPECT_EQ(values.size(), 5u);
}

}  // namespace
}  // namespace rechub
