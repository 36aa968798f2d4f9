#include "rechub/kernels/optimizer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kRows = 6;

struct Table {
  int64_t width;
  std::vector<float> values, m, v;
  std::vector<int32_t> steps;

  explicit Table(int64_t width) : width(width), values(kRows * width), m(kRows * width, 0.0f), v(kRows * width, 0.0f), steps(kRows, 0) {
    Random random(3);
    for (float& value : values) value = static_cast<float>(random.normal());
  }
  RowUpdate update(const std::vector<int64_t>& rows, const std::vector<float>& gradients) {
    return {values.data(), width, rows.data(), 0, static_cast<int64_t>(rows.size()), gradients.data(), 0.5f, 0.1f, 0.01f};
  }
  AdamRows adam() { return {m.data(), v.data(), steps.data(), 0.9f, 0.999f, 1e-8f}; }
};

std::vector<float> random_gradients(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

// Two updates of rows 4 and 1, then one of row 4 alone.
template <class Apply>
Table three_steps(int64_t width, const Apply& apply) {
  Table table(width);
  for (uint64_t step = 0; step < 3; ++step) {
    const std::vector<int64_t> rows = step < 2 ? std::vector<int64_t>{4, 1} : std::vector<int64_t>{4};
    const std::vector<float> gradients = random_gradients(rows.size() * width, step);
    apply(table, table.update(rows, gradients));
  }
  return table;
}

void expect_near(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) {
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-6 * std::max(1.0f, std::abs(b[i]))) << what << " element " << i;
}

TEST(OptimizerKernel, EveryLevelEqualsTheReference) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t width : {1, 7, 8, 16, 21, 64}) {
      for (int which = 0; which < 3; ++which) {
        const auto apply = [&](const OptimizerKernels& kernel) {
          return [&, kernel](Table& table, const RowUpdate& update) {
            if (which == 0) kernel.adam(update, table.adam());
            if (which == 1) kernel.adagrad(update, table.v.data(), 1e-10f);
            if (which == 2) kernel.sgd(update);
          };
        };
        const Table got = three_steps(width, apply(kernels_of(isa).optimizer)), truth = three_steps(width, apply(reference::optimizer_kernels()));
        const std::string what = isa + " width " + std::to_string(width) + " optimizer " + std::to_string(which);
        expect_near(got.values, truth.values, what);
        expect_near(got.m, truth.m, what + " m");
        expect_near(got.v, truth.v, what + " v");
        EXPECT_EQ(got.steps, truth.steps) << what;
      }
    }
  }
}

// Adam with decoupled decay by its equations in double, a row counting its own steps.
TEST(OptimizerKernel, AdamHandComputed) {
  for (const std::string& isa : supported_isas()) {
    const Table start(3);
    const Table table = three_steps(3, [&](Table& t, const RowUpdate& update) { kernels_of(isa).optimizer.adam(update, t.adam()); });
    EXPECT_EQ(table.steps, (std::vector<int32_t>{0, 2, 0, 0, 3, 0}));
    for (int64_t c = 0; c < 3; ++c) {
      double x = start.values[4 * 3 + c], m = 0, v = 0;
      for (int t = 1; t <= 3; ++t) {
        const double g = 0.5 * random_gradients(t < 3 ? 6 : 3, t - 1)[c];
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        x = x * (1 - 0.1 * 0.01) - 0.1 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
      }
      EXPECT_NEAR(table.values[4 * 3 + c], x, 1e-5);
    }
    for (int64_t row : {0, 2, 3, 5}) {
      for (int64_t c = 0; c < 3; ++c) EXPECT_EQ(table.values[row * 3 + c], start.values[row * 3 + c]);  // no decay where nothing was touched
    }
  }
}

TEST(OptimizerKernel, AFirstStepIsTheLearningRateWhateverTheGradient) {
  for (const std::string& isa : supported_isas()) {
    Table table(5);
    std::fill(table.values.begin(), table.values.end(), 0.0f);
    const std::vector<float> gradients = {1e-4f, -1e-2f, 1, -100, 3e4f};
    const std::vector<int64_t> rows = {2};
    kernels_of(isa).optimizer.adam(table.update(rows, gradients), table.adam());
    for (int64_t c = 0; c < 5; ++c) EXPECT_NEAR(table.values[10 + c], gradients[c] > 0 ? -0.1f : 0.1f, 1e-4) << isa;
  }
}

TEST(OptimizerKernel, NoRowListMeansConsecutiveRows) {
  for (const std::string& isa : supported_isas()) {
    const std::vector<float> gradients = random_gradients(3 * 4, 1);
    Table listed(4), consecutive(4);
    const std::vector<int64_t> rows = {2, 3, 4};
    kernels_of(isa).optimizer.sgd(listed.update(rows, gradients));
    RowUpdate update = consecutive.update(rows, gradients);
    update.rows = nullptr;
    update.first_row = 2;
    kernels_of(isa).optimizer.sgd(update);
    EXPECT_EQ(listed.values, consecutive.values) << isa;
  }
}

}  // namespace
}  // namespace rechub
