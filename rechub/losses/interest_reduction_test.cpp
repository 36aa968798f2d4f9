#include "rechub/losses/interest_reduction.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/ops/gradcheck.h"

namespace rechub {
namespace {

using ops::random_tensor;

at::Tensor vectors() { return random_tensor({5, 3, 4}, 1); }
at::Tensor wanted() { return random_tensor({5, 4}, 2); }
at::Tensor scores() { return at::matmul(vectors(), wanted().unsqueeze(2)).squeeze(2); }

at::Tensor attended(double power, const at::Tensor& active = {}) { return reduce_interests({"label_attention", power}, vectors(), active, wanted(), 1); }

at::Tensor hard() { return reduce_interests({"max", 1}, vectors(), {}, wanted(), 1); }

TEST(InterestReduction, MaxTakesTheVectorThatScoresTheTargetHighest) {
  const at::Tensor chosen = hard();
  for (int64_t r = 0; r < 5; ++r) {
    const double score = (chosen[r] * wanted()[r]).sum().item<double>();
    EXPECT_NEAR(score, scores()[r].max().item<double>(), 1e-12);
    int64_t best = 0;
    for (int64_t k = 1; k < 3; ++k) best = scores()[r][k].item<double>() > scores()[r][best].item<double>() ? k : best;
    EXPECT_TRUE(at::equal(chosen[r], vectors()[r][best])) << r;
  }
}

TEST(InterestReduction, PowerZeroIsTheMeanAndALargeOneTheMaximum) {
  ASSERT_LT(scores().min().item<double>(), 0);  // where the paper's power is no number
  EXPECT_TRUE(at::allclose(attended(0), vectors().mean(1), 1e-12, 1e-12));
  EXPECT_TRUE(at::allclose(attended(1e6), hard(), 1e-9, 1e-9));
  EXPECT_TRUE(at::isfinite(attended(2.5)).all().item<bool>());
}

TEST(InterestReduction, PowerOneIsSoftAttentionByTheScoreOverTheTemperature) {
  const at::Tensor weights = at::softmax(scores() * 4, 1);  // temperature .25
  const at::Tensor expected = (weights.unsqueeze(2) * vectors()).sum(1);
  EXPECT_TRUE(at::allclose(reduce_interests({"label_attention", 1}, vectors(), {}, wanted(), 4), expected, 1e-12, 1e-12));
}

// Interest 2 of every readout is a copy of interest 0 that does not count: the result is that of the first two alone.
TEST(InterestReduction, CopiesHaveNoWeightOfTheirOwn) {
  const at::Tensor two = vectors().narrow(1, 0, 2), three = at::cat({two, two.narrow(1, 0, 1)}, 1);
  const at::Tensor active = at::tensor({1, 1, 0}).to(at::kBool).unsqueeze(0).expand({5, 3});
  const InterestReduction reduction = {"label_attention", 0.7};
  const at::Tensor expected = reduce_interests(reduction, two, {}, wanted(), 1);
  EXPECT_TRUE(at::allclose(reduce_interests(reduction, three, active, wanted(), 1), expected, 1e-12, 1e-12));
  EXPECT_FALSE(at::allclose(reduce_interests(reduction, three, {}, wanted(), 1), expected, 1e-3, 1e-3));
}

TEST(InterestReduction, OneVectorIsItself) {
  const at::Tensor one = random_tensor({5, 1, 4}, 3);
  for (const char* kind : {"max", "label_attention"}) EXPECT_TRUE(at::equal(reduce_interests({kind, 1}, one, {}, {}, 1), one.squeeze(1))) << kind;
}

TEST(InterestReduction, GradientsEqualFiniteDifferences) {
  for (const char* kind : {"max", "label_attention"}) {
    const auto f = [&](const std::vector<at::Tensor>& x) { return reduce_interests({kind, 1.5}, x[0], {}, x[1], 0.8); };
    if (std::string(kind) == "max") {
      EXPECT_LT(ops::gradient_error([&](const auto& x) { return f({x[0], wanted()}); }, {vectors()}), 1e-8);
    } else {
      EXPECT_LT(ops::gradient_error(f, {vectors(), wanted()}), 1e-7);
    }
  }
}

TEST(InterestReduction, UnknownKindsAndBadPowersAreRefused) {
  EXPECT_THROW(check_reduction({"mean", 1}), Error);
  EXPECT_THROW(check_reduction({"max", -1}), Error);
  EXPECT_THROW(check_reduction({"label_attention", std::nan("")}), Error);
  EXPECT_NO_THROW(check_reduction({"label_attention", 0}));
}

}  // namespace
}  // namespace rechub
