#include "rechub/layers/interest_similarity.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/ops/gradcheck.h"

namespace rechub {
namespace {

at::Tensor matrix(std::vector<double> values, at::IntArrayRef shape) { return at::tensor(values, at::kDouble).view(shape); }

TEST(InterestSimilarity, IsOneForCollapsedAndZeroForOrthogonalInterests) {
  const at::Tensor collapsed = matrix({1, 2, 2, 4, 0.5, 1}, {1, 3, 2}), orthogonal = matrix({1, 0, 0, 3}, {1, 2, 2});
  EXPECT_NEAR(mean_pairwise_cosine(collapsed)[0].item<double>(), 1, 1e-12);
  EXPECT_NEAR(mean_pairwise_cosine(orthogonal)[0].item<double>(), 0, 1e-12);
}

// (1, 0), (0, 1), (1, 1): cosines 0, sqrt(1/2), sqrt(1/2).
TEST(InterestSimilarity, CountsEachPairOnceAndActiveOnesOnly) {
  const at::Tensor vectors = matrix({1, 0, 0, 1, 1, 1}, {1, 3, 2}).repeat({3, 1, 1});
  const at::Tensor active = at::tensor({1, 1, 1, 1, 0, 1, 1, 0, 0}).to(at::kBool).view({3, 3});
  const at::Tensor cosine = mean_pairwise_cosine(vectors, active);
  EXPECT_NEAR(cosine[0].item<double>(), std::sqrt(0.5) * 2 / 3, 1e-12);
  EXPECT_NEAR(cosine[1].item<double>(), std::sqrt(0.5), 1e-12);
  EXPECT_EQ(cosine[2].item<double>(), 0);
}

TEST(InterestSimilarity, CovarianceTermIsTheHandValue) {
  // Rows centre to (-1, 1) and (-2, 2): M = ((1, 2), (2, 4)), off the diagonal 2 and 2, so 1/2 (4 + 4).
  EXPECT_NEAR(prototype_covariance(matrix({1, 3, 0, 4}, {2, 2})).item<double>(), 4, 1e-12);
}

TEST(InterestSimilarity, CovarianceTermIsZeroForOrthogonalCentredPrototypes) {
  EXPECT_NEAR(prototype_covariance(matrix({1, -1, 0, 0, 1, 1, -2, 0}, {2, 4})).item<double>(), 0, 1e-12);
  EXPECT_GT(prototype_covariance(matrix({1, -1, 0, 0, 1, 0, -1, 0}, {2, 4})).item<double>(), 0.01);
}

TEST(InterestSimilarity, GradientsEqualFiniteDifferences) {
  EXPECT_LT(ops::gradient_error([](const auto& x) { return prototype_covariance(x[0]); }, {ops::random_tensor({4, 5}, 1)}), 1e-7);
  EXPECT_LT(ops::gradient_error([](const auto& x) { return mean_pairwise_cosine(x[0]); }, {ops::random_tensor({2, 3, 5}, 2)}), 1e-7);
}

}  // namespace
}  // namespace rechub
