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

constexpr GruCell kCells[] = {GruCell::kResetAfter, GruCell::kResetBefore};

TensorFunction gru_over(const Windows& windows, GruCell cell) {
  return [=](const std::vector<at::Tensor>& x) { return gru(x[0], x[1], x[2], x[3], x[4], windows, cell); };
}

std::vector<at::Tensor> inputs(int64_t positions, int64_t input_width, int64_t width, at::ScalarType type = at::kDouble) {
  return {random_tensor({positions, input_width}, 1, type), random_tensor({3 * width, input_width}, 2, type) * 0.3, random_tensor({3 * width, width}, 3, type) * 0.3,
          random_tensor({3 * width}, 4, type) * 0.3, random_tensor({3 * width}, 5, type) * 0.3};
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Two steps of a cell of width 1 by hand, x = (0.5, -1), w_ih = (0.2, -0.4, 0.6), w_hh = (1, 2, -3), b_ih = (0.1, 0.2, 0.3), b_hh = (-0.1, 0.4, 0.5).
double second_state(GruCell cell) {
  double h = 0;
  for (double x : {0.5, -1.0}) {
    const double r = sigmoid(0.2 * x + 0.1 + 1 * h - 0.1), z = sigmoid(-0.4 * x + 0.2 + 2 * h + 0.4);
    if (cell == GruCell::kResetAfter) {
      h = (1 - z) * std::tanh(0.6 * x + 0.3 + r * (-3 * h + 0.5)) + z * h;
    } else {
      h = z * std::tanh(0.6 * x + 0.3 - 3 * (r * h) + 0.5) + (1 - z) * h;
    }
  }
  return h;
}

TEST(Gru, HandComputed) {
  for (at::ScalarType type : {at::kDouble, at::kFloat}) {
    const auto tensor = [&](std::vector<double> values) { return at::tensor(at::ArrayRef<double>(values), at::kDouble).to(type); };
    for (GruCell cell : kCells) {
      const at::Tensor states = gru(tensor({0.5, -1}).view({2, 1}), tensor({0.2, -0.4, 0.6}).view({3, 1}), tensor({1, 2, -3}).view({3, 1}), tensor({0.1, 0.2, 0.3}),
                                    tensor({-0.1, 0.4, 0.5}), windows_of({0}, {2}), cell);
      EXPECT_NEAR(states[1][0].item<double>(), second_state(cell), 1e-6);
    }
  }
}

TEST(Gru, ResetAfterEqualsLibTorchsGru) {
  const auto x = inputs(12, 5, 7);
  const at::Tensor truth =
      std::get<0>(at::gru(x[0].view({3, 4, 5}), at::zeros({1, 3, 7}, at::kDouble), {x[1], x[2], x[3], x[4]}, true, 1, 0.0, false, false, true)).reshape({12, 7});
  EXPECT_LT(relative_error(gru_over(consecutive_windows({4, 4, 4}), GruCell::kResetAfter)(x), truth), 1e-12);
  const auto single = inputs(12, 5, 7, at::kFloat);
  EXPECT_LT(relative_error(gru_over(consecutive_windows({4, 4, 4}), GruCell::kResetAfter)(single), truth), 1e-5);
}

TEST(Gru, StepsFromGivenStatesEqualTheWholeWindow) {
  for (GruCell cell : kCells) {
    const auto x = inputs(6, 3, 5);
    const at::Tensor states = gru_over(consecutive_windows({6}), cell)(x);
    at::Tensor state = at::zeros({1, 5}, at::kDouble);
    for (int64_t t = 0; t < 6; ++t) {
      state = gru_step(x[0].narrow(0, t, 1), state, x[1], x[2], x[3], x[4], cell);
      EXPECT_LT(relative_error(state, states.narrow(0, t, 1)), 1e-12) << t;
    }
  }
}

TEST(Gru, RowsOfNoWindowAreZero) {
  for (GruCell cell : kCells) {
    for (at::ScalarType type : {at::kDouble, at::kFloat}) {
      const at::Tensor states = gru_over(windows_of({1, 3}, {2, 3}), cell)(inputs(4, 3, 5, type));
      EXPECT_NE(states[1].abs().sum().item<double>(), 0);
      for (int64_t row : {0, 2, 3}) EXPECT_EQ(states[row].abs().sum().item<double>(), 0) << row;
    }
  }
}

TEST(Gru, GradientsEqualFiniteDifferences) {
  for (GruCell cell : kCells) EXPECT_LT(gradient_error(gru_over(consecutive_windows({3, 0, 1, 4}, 1), cell), inputs(12, 2, 3)), 1e-6);
}

TEST(Gru, FusedEqualsComposite) {
  const Windows windows = consecutive_windows({7, 0, 1, 13, 2, 7, 20, 5}, 1);
  for (GruCell cell : kCells) {
    for (auto [input_width, width] : std::vector<std::pair<int64_t, int64_t>>{{64, 64}, {1, 1}, {10, 16}, {33, 21}, {17, 100}}) {
      EXPECT_LT(fused_error(gru_over(windows, cell), inputs(63, input_width, width)), 1e-5) << input_width << " to " << width;
    }
  }
}

TEST(Gru, SaturatedGatesStayFinite) {
  for (GruCell cell : kCells) {
    auto x = inputs(20, 8, 8);
    x[0] = x[0] * 300;
    EXPECT_LT(fused_error(gru_over(consecutive_windows({20}), cell), x), 1e-4);
  }
}

TEST(Gru, TheFutureIsNotSeenBitForBit) {
  for (bool composite : {false, true}) {
    CompositeScope scope(composite);
    for (GruCell cell : kCells) {
      const auto x = inputs(30, 12, 20, at::kFloat);
      const at::Tensor before = gru_over(consecutive_windows({10, 20}), cell)(x);
      x[0].narrow(0, 17, 13).add_(1.5);
      EXPECT_TRUE(before.narrow(0, 0, 17).equal(gru_over(consecutive_windows({10, 20}), cell)(x).narrow(0, 0, 17)));
    }
  }
}

TEST(Gru, AWindowAloneEqualsTheWindowInABatchBitForBit) {
  for (GruCell cell : kCells) {
    auto x = inputs(60, 12, 20, at::kFloat);
    const at::Tensor batch = gru_over(consecutive_windows({9, 20, 1, 30}), cell)(x);
    x[0] = x[0].narrow(0, 9, 20);
    EXPECT_TRUE(batch.narrow(0, 9, 20).equal(gru_over(consecutive_windows({20}), cell)(x)));
  }
}

TEST(Gru, TheNumberOfThreadsDoesNotChangeTheStates) {
  const int threads = num_threads();
  for (GruCell cell : kCells) {
    const auto x = inputs(300, 12, 20, at::kFloat);
    const Windows windows = consecutive_windows(std::vector<int64_t>(100, 3));
    set_num_threads(1);
    const auto single = output_and_gradients(gru_over(windows, cell), x);
    set_num_threads(3);
    const auto several = output_and_gradients(gru_over(windows, cell), x);
    EXPECT_TRUE(single[0].equal(several[0]));
    for (size_t i = 1; i < single.size(); ++i) EXPECT_LT(relative_error(several[i], single[i]), 1e-6) << i;  // the weights' gradients are LibTorch's products
  }
  set_num_threads(threads);
}

TEST(Gru, WeightsOfAnotherShapeAreAnError) {
  auto x = inputs(4, 3, 5);
  x[1] = x[1].narrow(1, 0, 2);
  EXPECT_THROW(gru_over(consecutive_windows({4}), GruCell::kResetAfter)(x), Error);
}

}  // namespace
}  // namespace rechub::ops
