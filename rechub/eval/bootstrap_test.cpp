#include "rechub/eval/bootstrap.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/parallel.h"

namespace rechub {
namespace {

std::vector<int32_t> one_case_a_user(int count) {
  std::vector<int32_t> users(count);
  std::iota(users.begin(), users.end(), 2);
  return users;
}

// A share p of n independent users has the standard error sqrt(p (1 - p) / n): the interval must be p -+ 1.96 of it, up to the noise of 4000 resamples.
TEST(Bootstrap, AgreesWithTheNormalApproximationOfAShare) {
  const int n = 2000;
  std::vector<std::vector<float>> columns(2, std::vector<float>(n));
  for (int i = 0; i < n; ++i) columns[0][i] = i % 10 == 0, columns[1][i] = 1;
  const auto intervals = bootstrap_means(columns, one_case_a_user(n), 4000, 1);
  const double error = std::sqrt(0.1 * 0.9 / n);
  EXPECT_NEAR(intervals[0].first, 0.1 - 1.96 * error, 0.1 * error);
  EXPECT_NEAR(intervals[0].second, 0.1 + 1.96 * error, 0.1 * error);
  EXPECT_EQ(intervals[1].first, 1);
  EXPECT_EQ(intervals[1].second, 1);
}

// Four equal cases a user are worth one: the interval is that of a quarter as many cases.
TEST(Bootstrap, DrawsTheCasesOfAUserTogether) {
  const int n = 2000;
  std::vector<float> values(n);
  std::vector<int32_t> users(n);
  for (int i = 0; i < n; ++i) users[i] = 2 + i % 500, values[i] = (i % 500) % 10 == 0;
  const auto interval = bootstrap_means({values}, users, 4000, 1)[0];
  EXPECT_NEAR(interval.second - interval.first, 2 * 1.96 * std::sqrt(0.1 * 0.9 / 500), 0.004);
}

// One user with three cases, one with one: a draw of two users gives 3/6, 3/4 or 0/2 ones of all cases.
TEST(Bootstrap, DividesByTheCasesDrawn) {
  const auto interval = bootstrap_means({{1, 1, 1, 0}}, std::vector<int32_t>{5, 5, 5, 9}, 1000, 3)[0];
  EXPECT_EQ(interval.first, 0);
  EXPECT_EQ(interval.second, 1);
  const auto half = bootstrap_means({{1, 0}, {1, 1}}, std::vector<int32_t>{5, 5}, 10, 3);
  EXPECT_EQ(half[0].first, 0.5);
  EXPECT_EQ(half[0].second, 0.5);
}

TEST(Bootstrap, ManyResamplesCanBeInterrupted) {
  int asked = 0;
  const InterruptionScope scope([&] { return ++asked > 3; });
  EXPECT_THROW(bootstrap_means({{1, 0}}, std::vector<int32_t>{5, 9}, 1 << 20, 3), Interrupted);
}

TEST(Bootstrap, SameSeedSameBitsWhateverTheThreads) {
  std::vector<float> values(500);
  for (int i = 0; i < 500; ++i) values[i] = static_cast<float>(i % 7) / 3;
  const int threads = num_threads();
  set_num_threads(1);
  const auto one = bootstrap_means({values}, one_case_a_user(500), 200, 9);
  set_num_threads(3);
  const auto three = bootstrap_means({values}, one_case_a_user(500), 200, 9);
  set_num_threads(threads);
  EXPECT_EQ(one, three);
  EXPECT_NE(one, bootstrap_means({values}, one_case_a_user(500), 200, 10));
}

TEST(Bootstrap, NoCasesAndWrongLengths) {
  EXPECT_EQ(bootstrap_means({{}}, {}, 100, 1)[0], (std::pair<double, double>{0, 0}));
  EXPECT_THROW(bootstrap_means({{1, 2}}, one_case_a_user(3), 100, 1), Error);
}

}  // namespace
}  // namespace rechub
