#include "rechub/eval/symmetric_inverse.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

// X'X + n I of random X [n, n]: condition number below 10. Only the lower triangle is set; NaN elsewhere shows that it is not read.
std::vector<float> random_matrix(int64_t n) {
  Random random(7);
  std::vector<double> x(n * n);
  for (double& value : x) value = random.uniform() - 0.5;
  std::vector<float> matrix(n * n, NAN);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      double sum = i == j ? static_cast<double>(n) / 10 : 0;
      for (int64_t k = 0; k < n; ++k) sum += x[k * n + i] * x[k * n + j];
      matrix[i * n + j] = static_cast<float>(sum);
    }
  }
  return matrix;
}

TEST(SymmetricInverse, TwoByTwoByHand) {
  std::vector<float> matrix = {4, NAN, 2, 3};  // determinant 8
  invert_symmetric(matrix, 2);
  EXPECT_FLOAT_EQ(matrix[0], 3.0f / 8);
  EXPECT_FLOAT_EQ(matrix[1], -2.0f / 8);
  EXPECT_FLOAT_EQ(matrix[2], -2.0f / 8);
  EXPECT_FLOAT_EQ(matrix[3], 4.0f / 8);
}

// Sizes around those of panels, tiles and blocks.
TEST(SymmetricInverse, TimesTheMatrixIsTheIdentity) {
  for (int64_t n : {1, 15, 16, 17, 65, 256, 257, 600}) {
    const std::vector<float> matrix = random_matrix(n);
    std::vector<float> inverse = matrix;
    invert_symmetric(inverse, n);
    double largest = 0;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = i == j ? -1 : 0;
        for (int64_t k = 0; k < n; ++k) sum += static_cast<double>(i >= k ? matrix[i * n + k] : matrix[k * n + i]) * inverse[k * n + j];
        largest = std::max(largest, std::abs(sum));
        ASSERT_EQ(inverse[i * n + j], inverse[j * n + i]);
      }
    }
    EXPECT_LT(largest, 2e-5) << n;
  }
}

TEST(SymmetricInverse, SameBitsForAnyNumberOfThreads) {
  std::vector<float> one = random_matrix(530), three = one;
  const int threads = num_threads();
  set_num_threads(1);
  invert_symmetric(one, 530);
  set_num_threads(3);
  invert_symmetric(three, 530);
  set_num_threads(threads);
  EXPECT_EQ(one, three);
}

TEST(SymmetricInverse, NamesTheRowThatDepends) {
  std::vector<float> matrix = {1, 0, 0, 0, 1, 0, 1, 1, 2};  // the third row is the sum of the others
  try {
    invert_symmetric(matrix, 3);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos) << error.what();
  }
  EXPECT_THROW(invert_symmetric(matrix, 2), Error);
}

}  // namespace
}  // namespace rechub
