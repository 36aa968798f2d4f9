#include "rechub/kernels/softmax_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"

namespace rechub {
namespace {

// A problem with arrays that start one float off a vector's boundary.
struct Problem {
  int64_t num_rows, num_items, dim;
  double scale;
  std::vector<float> x, w, weights;
  std::vector<int64_t> targets;

  Problem(int64_t rows, int64_t items, int64_t dims, double scale_of_logits = 1.3) : num_rows(rows), num_items(items), dim(dims), scale(scale_of_logits) {
    Random random(mix({static_cast<uint64_t>(rows), static_cast<uint64_t>(items), static_cast<uint64_t>(dims)}));
    auto fill = [&](std::vector<float>& values, int64_t count) {
      values.resize(1 + count);
      for (float& value : values) value = static_cast<float>(random.normal());
    };
    fill(x, rows * dims);
    fill(w, items * dims);
    fill(weights, rows);
    for (int64_t r = 0; r < rows; ++r) targets.push_back(static_cast<int64_t>(random.below(items)));
  }

  SoftmaxLossInput input() const { return {num_rows, num_items, dim, x.data() + 1, w.data() + 1, targets.data(), weights.data() + 1, static_cast<float>(scale)}; }

  // The definition, in double.
  double loss_of(const std::vector<double>& xs, const std::vector<double>& ws) const {
    double total = 0;
    for (int64_t r = 0; r < num_rows; ++r) {
      std::vector<double> logits(num_items);
      for (int64_t j = 0; j < num_items; ++j) logits[j] = scale * std::inner_product(&xs[r * dim], &xs[r * dim] + dim, &ws[j * dim], 0.0);
      const double maximum = *std::max_element(logits.begin(), logits.end());
      double sum = 0;
      for (double logit : logits) sum += std::exp(logit - maximum);
      total += weights[1 + r] * (maximum + std::log(sum) - logits[targets[r]]);
    }
    return total;
  }
  std::vector<double> x_double() const { return {x.begin() + 1, x.end()}; }
  std::vector<double> w_double() const { return {w.begin() + 1, w.end()}; }
};

struct Result {
  double loss;
  std::vector<float> row_losses, dx, dw;
};

Result run(const Problem& problem, const std::string& isa) {
  Result result{0, std::vector<float>(problem.num_rows), std::vector<float>(problem.num_rows * problem.dim), std::vector<float>(problem.num_items * problem.dim)};
  result.loss = softmax_loss(problem.input(), {result.row_losses.data(), result.dx.data(), result.dw.data()}, kernels_of(isa));
  return result;
}

// Central differences of the double-precision definition.
template <class Loss>
std::vector<double> finite_differences(std::vector<double> point, Loss loss) {
  constexpr double kStep = 1e-5;
  std::vector<double> gradient(point.size());
  for (size_t i = 0; i < point.size(); ++i) {
    const double middle = point[i];
    point[i] = middle + kStep;
    const double above = loss(point);
    point[i] = middle - kStep;
    gradient[i] = (above - loss(point)) / (2 * kStep);
    point[i] = middle;
  }
  return gradient;
}

void expect_near_all(const std::vector<float>& got, const std::vector<double>& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], tolerance) << what << " element " << i;
}

TEST(SoftmaxLoss, LossAndGradientsMatchFiniteDifferencesInDouble) {
  const int64_t sizes[][3] = {{1, 1, 1}, {1, 2, 3}, {3, 5, 8}, {5, 17, 16}, {17, 7, 5}, {2, 100, 9}, {33, 20, 4}, {4, 13, 33}};  // rows, items, dim
  for (const auto& [rows, items, dim] : sizes) {
    const Problem problem(rows, items, dim);
    const std::vector<double> x = problem.x_double(), w = problem.w_double();
    const double loss = problem.loss_of(x, w);
    const std::vector<double> dx = finite_differences(x, [&](const std::vector<double>& at) { return problem.loss_of(at, w); });
    const std::vector<double> dw = finite_differences(w, [&](const std::vector<double>& at) { return problem.loss_of(x, at); });
    for (const std::string& isa : supported_isas()) {
      const Result result = run(problem, isa);
      EXPECT_NEAR(result.loss, loss, 1e-5 * (1 + std::abs(loss))) << isa;
      expect_near_all(result.dx, dx, 1e-5, isa + " dx");
      expect_near_all(result.dw, dw, 2e-5, isa + " dw");
    }
  }
}

// Several blocks of rows and tiles of items; a row's softmax minus its one-hot adds to nothing, so dw does over the items.
TEST(SoftmaxLoss, LargeProblemsMatchTheDefinition) {
  const Problem problem(211, 1003, 20, 0.4);
  const double loss = problem.loss_of(problem.x_double(), problem.w_double());
  for (const std::string& isa : supported_isas()) {
    const Result result = run(problem, isa);
    EXPECT_NEAR(result.loss, loss, 1e-5 * std::abs(loss)) << isa;
    double weighted = 0;
    for (int64_t r = 0; r < problem.num_rows; ++r) weighted += static_cast<double>(problem.weights[1 + r]) * result.row_losses[r];
    EXPECT_NEAR(weighted, loss, 1e-5 * std::abs(loss)) << isa;
    for (int64_t d = 0; d < problem.dim; ++d) {
      double sum = 0;
      for (int64_t j = 0; j < problem.num_items; ++j) sum += result.dw[j * problem.dim + d];
      EXPECT_NEAR(sum, 0.0, 1e-4) << isa;
    }
  }
}

TEST(SoftmaxLoss, UniformLogitsGiveLogOfTheItems) {
  Problem problem(20, 1000, 6);
  std::fill(problem.x.begin(), problem.x.end(), 0.0f);
  std::fill(problem.weights.begin(), problem.weights.end(), 1.0f);
  for (const std::string& isa : supported_isas()) {
    for (float loss : run(problem, isa).row_losses) EXPECT_NEAR(loss, std::log(1000.0), 2e-6) << isa;
  }
}

TEST(SoftmaxLoss, HugeLogitsDoNotOverflow) {
  Problem problem(2, 300, 1, 1.0);
  problem.x = {0, 1e4f, -1e4f};
  for (int64_t j = 0; j < 300; ++j) problem.w[1 + j] = static_cast<float>(j);
  problem.targets = {299, 299};
  problem.weights = {0, 1, 1};
  for (const std::string& isa : supported_isas()) {
    const Result result = run(problem, isa);
    EXPECT_NEAR(result.row_losses[0], 0.0f, 1e-6) << isa;
    EXPECT_NEAR(result.row_losses[1], 2.99e6f, 1.0f) << isa;
    EXPECT_NEAR(result.dx[0], 0.0f, 1e-3) << isa;
    EXPECT_NEAR(result.dx[1], -299.0f, 1e-3) << isa;
  }
}

TEST(SoftmaxLoss, ANanAnywhereIsANanLoss) {
  const Problem clean(20, 130, 5);
  for (const std::string& isa : supported_isas()) {
    for (int64_t place : {int64_t{0}, int64_t{37}, clean.num_rows * clean.dim - 1}) {
      Problem problem = clean;
      problem.x[1 + place] = NAN;
      EXPECT_TRUE(std::isnan(run(problem, isa).loss)) << isa;
    }
    for (int64_t place : {int64_t{0}, int64_t{501}, clean.num_items * clean.dim - 1}) {
      Problem problem = clean;
      problem.w[1 + place] = NAN;
      EXPECT_TRUE(std::isnan(run(problem, isa).loss)) << isa;
      problem.w[1 + place] = INFINITY;
      EXPECT_TRUE(std::isnan(run(problem, isa).loss)) << isa;
    }
    Problem problem = clean;
    problem.weights[3] = NAN;
    EXPECT_TRUE(std::isnan(run(problem, isa).loss)) << isa;
  }
}

TEST(SoftmaxLoss, SameThreadsSameBitsAndLossAndDxWhateverTheThreads) {
  const Problem problem(150, 777, 24);
  const int threads = num_threads();
  for (const std::string& isa : supported_isas()) {
    set_num_threads(3);
    const Result first = run(problem, isa), second = run(problem, isa);
    set_num_threads(1);
    const Result alone = run(problem, isa);
    set_num_threads(threads);
    EXPECT_EQ(first.dw, second.dw) << isa;
    EXPECT_EQ(first.dx, second.dx) << isa;
    EXPECT_EQ(first.loss, alone.loss) << isa;
    EXPECT_EQ(first.dx, alone.dx) << isa;
    expect_near_all(first.dw, {alone.dw.begin(), alone.dw.end()}, 1e-4, isa + " dw");
  }
}

TEST(SoftmaxLoss, OutputsNotWantedChangeNothing) {
  const Problem problem(40, 200, 16);
  for (const std::string& isa : supported_isas()) {
    const Result all = run(problem, isa);
    std::vector<float> dx(all.dx.size()), dw(all.dw.size());
    EXPECT_EQ(softmax_loss(problem.input(), {}, kernels_of(isa)), all.loss);
    EXPECT_EQ(softmax_loss(problem.input(), {nullptr, dx.data(), nullptr}, kernels_of(isa)), all.loss);
    EXPECT_EQ(softmax_loss(problem.input(), {nullptr, nullptr, dw.data()}, kernels_of(isa)), all.loss);
    EXPECT_EQ(dx, all.dx);
    EXPECT_EQ(dw, all.dw);
  }
}

// The definition again in double, with the gradients in closed form.
TEST(SoftmaxLoss, TargetsBesideTheItemsWithBiasesAndExclusionsMatchTheirDefinition) {
  const Problem problem(37, 205, 18, 0.4);
  Random random(5);
  std::vector<float> target_logits, bias;
  for (int64_t r = 0; r < problem.num_rows; ++r) target_logits.push_back(static_cast<float>(random.normal()));
  for (int64_t j = 0; j < problem.num_items; ++j) bias.push_back(static_cast<float>(random.normal()));
  std::vector<std::pair<int64_t, int64_t>> excluded = {{0, 3}, {0, 204}, {20, 96}, {36, 0}};
  for (int64_t j = 0; j < problem.num_items; ++j) excluded.emplace_back(36, j);
  std::sort(excluded.begin(), excluded.end());
  excluded.erase(std::unique(excluded.begin(), excluded.end()), excluded.end());

  std::vector<double> dx(problem.num_rows * problem.dim), dw(problem.num_items * problem.dim), dtargets(problem.num_rows);
  double loss = 0;
  for (int64_t r = 0; r < problem.num_rows; ++r) {
    const float *x = &problem.x[1 + r * problem.dim], weight = problem.weights[1 + r];
    std::vector<double> terms(problem.num_items);
    double sum = std::exp(target_logits[r]);
    for (int64_t j = 0; j < problem.num_items; ++j) {
      if (std::binary_search(excluded.begin(), excluded.end(), std::pair(r, j))) continue;
      terms[j] = std::exp(problem.scale * std::inner_product(x, x + problem.dim, &problem.w[1 + j * problem.dim], 0.0) + bias[j]);
      sum += terms[j];
    }
    loss += weight * (std::log(sum) - target_logits[r]);
    dtargets[r] = weight * (std::exp(target_logits[r]) / sum - 1);
    for (int64_t j = 0; j < problem.num_items; ++j) {
      for (int64_t d = 0; d < problem.dim; ++d) {
        dx[r * problem.dim + d] += weight * terms[j] / sum * problem.scale * problem.w[1 + j * problem.dim + d];
        dw[j * problem.dim + d] += weight * terms[j] / sum * problem.scale * x[d];
      }
    }
  }

  SoftmaxLossInput input = problem.input();
  input.targets = nullptr;
  input.target_logits = target_logits.data();
  input.item_bias = bias.data();
  input.excluded = excluded;
  for (const std::string& isa : supported_isas()) {
    Result result{0, std::vector<float>(problem.num_rows), std::vector<float>(dx.size()), std::vector<float>(dw.size())};
    std::vector<float> by_target(dtargets.size());
    result.loss = softmax_loss(input, {result.row_losses.data(), result.dx.data(), result.dw.data(), by_target.data()}, kernels_of(isa));
    EXPECT_NEAR(result.loss, loss, 1e-5 * std::abs(loss)) << isa;
    EXPECT_NEAR(result.row_losses[36], 0, 1e-6) << isa << ": all items are excluded";
    expect_near_all(result.dx, dx, 1e-5, isa + " dx");
    expect_near_all(result.dw, dw, 2e-5, isa + " dw");
    expect_near_all(by_target, dtargets, 1e-5, isa + " dtargets");
  }
}

TEST(SoftmaxLoss, NoRowsGiveZeroAndZeroGradients) {
  Problem problem(0, 3, 2);
  std::vector<float> dw(6, 7.0f);
  EXPECT_EQ(softmax_loss(problem.input(), {nullptr, nullptr, dw.data()}), 0.0);
  EXPECT_EQ(dw, std::vector<float>(6, 0.0f));
}

TEST(SoftmaxLoss, ATargetOutOfRangeIsADataError) {
  Problem problem(5, 3, 2);
  problem.targets[4] = 3;
  try {
    softmax_loss(problem.input(), {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_STREQ(error.what(), "full softmax: target 3 of row 4 is outside the 3 items");
  }
}

}  // namespace
}  // namespace rechub
