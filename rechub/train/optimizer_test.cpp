#include "rechub/train/optimizer.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

// A table of 5 rows and a dense vector; gradients are given by hand.
struct Problem {
  ParameterSet parameters{1};
  at::Tensor dense = parameters.add("w", {3}, Init::normal(1));
  int64_t table = parameters.add_table("t", "items", 5, 2, Init::normal(1));
  at::Tensor& values() { return parameters.tables()[0].values; }
};

OptimizerOptions options(const std::string& name) {
  OptimizerOptions out;
  out.optimizer = name;
  out.learning_rate = 0.1;
  return out;
}

// Two Adam steps on one number, by hand: bias-corrected means of g = 0.5, then -1.
TEST(Optimizer, AdamMatchesHandComputedSteps) {
  Problem problem;
  Optimizer optimizer(options("adam"), problem.parameters);
  const double start = problem.values()[2][0].item<double>();
  const LeafRows rows{"items", false, 0, {2}};
  optimizer.step({at::full({1, 2}, 0.5)}, {&rows}, 0.1);
  EXPECT_NEAR(problem.values()[2][0].item<double>(), start - 0.1 * 0.5 / (0.5 + 1e-8), 1e-6);
  const double after_one = problem.values()[2][0].item<double>();
  optimizer.step({at::full({1, 2}, -1.0)}, {&rows}, 0.1);
  const double mean = (0.9 * 0.05 - 0.1) / (1 - 0.81), second = (0.999 * 0.00025 + 0.001) / (1 - 0.998001);
  EXPECT_NEAR(problem.values()[2][0].item<double>(), after_one - 0.1 * mean / (std::sqrt(second) + 1e-8), 1e-6);
}

TEST(Optimizer, OnlyRowsOfTheLeafMove) {
  for (const char* name : {"adam", "adagrad", "sgd"}) {
    Problem problem;
    OptimizerOptions with_decay = options(name);
    with_decay.weight_decay = 0.5;
    Optimizer optimizer(with_decay, problem.parameters);
    const at::Tensor before = problem.values().clone();
    const LeafRows rows{"items", false, 0, {1, 4}};
    optimizer.step({at::ones({2, 2})}, {&rows}, 0.1);
    const at::Tensor moved = at::ne(problem.values(), before).all(1);
    EXPECT_TRUE(at::equal(moved.to(at::kInt), at::tensor({0, 1, 0, 0, 1}, at::kInt))) << name;
    EXPECT_EQ(problem.dense.grad().defined(), false);
  }
}

// Plain steps without a loss: w - lr (l1 sign(w) + 2 l2 w), of the rows of the leaf only, and of a layer norm nothing.
TEST(Optimizer, PenaltiesAreTermsOfTheLoss) {
  Problem problem;
  const at::Tensor norm = problem.parameters.add("block.norm.weight", {2}, Init::ones());
  OptimizerOptions penalised = options("sgd");
  penalised.embedding_l1 = .1, penalised.embedding_l2 = .2, penalised.dense_l1 = .3, penalised.dense_l2 = .4;
  Optimizer optimizer(penalised, problem.parameters);
  const at::Tensor rows_before = problem.values().clone(), dense_before = problem.dense.detach().clone();
  problem.dense.mutable_grad() = at::zeros({3});
  norm.mutable_grad() = at::zeros({2});
  const LeafRows rows{"items", false, 0, {1, 4}};
  optimizer.step({at::zeros({2, 2})}, {&rows}, 0.1);
  at::Tensor expected = rows_before.clone();
  for (int64_t row : {1, 4}) expected[row] = rows_before[row] - .1 * (.1 * rows_before[row].sign() + .4 * rows_before[row]);
  EXPECT_TRUE(at::allclose(problem.values(), expected));
  EXPECT_TRUE(at::allclose(problem.dense, dense_before - .1 * (.3 * dense_before.sign() + .8 * dense_before)));
  EXPECT_TRUE(at::equal(norm, at::ones({2})));
}

TEST(Optimizer, AWholeLeafFromItsFirstRow) {
  Problem problem;
  Optimizer optimizer(options("sgd"), problem.parameters);
  const at::Tensor before = problem.values().clone();
  const LeafRows rows{"items", true, 2, {}};
  optimizer.step({at::ones({3, 2})}, {&rows}, 0.1);
  EXPECT_TRUE(at::allclose(problem.values().narrow(0, 2, 3), before.narrow(0, 2, 3) - 0.1));
  EXPECT_TRUE(at::equal(problem.values().narrow(0, 0, 2), before.narrow(0, 0, 2)));
}

TEST(Optimizer, EachRowCountsItsOwnSteps) {
  Problem problem;
  Optimizer optimizer(options("adam"), problem.parameters);
  const LeafRows first{"items", false, 0, {1}}, both{"items", false, 0, {1, 3}};
  for (int i = 0; i < 5; ++i) optimizer.step({at::ones({1, 2})}, {&first}, 0.1);
  const double before = problem.values()[3][0].item<double>();
  optimizer.step({at::ones({2, 2})}, {&both}, 0.1);
  EXPECT_NEAR(problem.values()[3][0].item<double>(), before - 0.1, 1e-5);  // row 3's first step is a full one
}

TEST(Optimizer, ClipsByTheGlobalNorm) {
  Problem problem;
  OptimizerOptions clipped = options("sgd");
  clipped.clip_norm = 1;
  Optimizer optimizer(clipped, problem.parameters);
  const at::Tensor before = problem.values().clone(), dense_before = problem.dense.detach().clone();
  const LeafRows rows{"items", false, 0, {1}};
  problem.dense.mutable_grad() = at::tensor({3.0f, 0.0f, 0.0f});
  EXPECT_NEAR(optimizer.step({at::tensor({4.0f, 0.0f}).view({1, 2})}, {&rows}, 0.1), 5, 1e-6);
  EXPECT_NEAR(problem.values()[1][0].item<double>(), before[1][0].item<double>() - 0.1 * 4 / 5, 1e-6);
  EXPECT_NEAR(problem.dense[0].item<double>(), dense_before[0].item<double>() - 0.1 * 3 / 5, 1e-6);
}

TEST(Optimizer, RefusesAGradientThatIsNotFinite) {
  Problem problem;
  Optimizer optimizer(options("sgd"), problem.parameters);
  const LeafRows rows{"items", false, 0, {1}};
  try {
    optimizer.step({at::full({1, 2}, NAN)}, {&rows}, 0.1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("gradient of t"), std::string::npos);
  }
}

TEST(Schedule, WarmsUpAndCoolsDown) {
  OptimizerOptions schedule;
  schedule.learning_rate = 1;
  schedule.warmup_steps = 4;
  schedule.schedule = "cosine";
  EXPECT_NEAR(scheduled_learning_rate(schedule, 0, 104), 0.25, 1e-12);
  EXPECT_NEAR(scheduled_learning_rate(schedule, 4, 104), 1, 1e-12);
  EXPECT_NEAR(scheduled_learning_rate(schedule, 54, 104), 0.5, 1e-12);
  EXPECT_NEAR(scheduled_learning_rate(schedule, 104, 104), 0, 1e-12);
}

}  // namespace
}  // namespace rechub
