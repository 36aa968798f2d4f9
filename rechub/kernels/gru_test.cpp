#include "rechub/kernels/gru.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/gru_layer.h"

namespace rechub {
namespace {

std::vector<float> random_values(int64_t count, uint64_t seed, double scale) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal() * scale);
  return values;
}

// A layer over windows [1, 6), [6, 6), [6, 7), [8, 27) and 30 of one step each, of 57 positions.
struct Problem {
  static constexpr int64_t kPositions = 57;
  std::vector<float> x, weight_ih, weight_hh, bias_ih, bias_hh, gates, previous, out, out_gradient, input_gradient, hidden_gradient;
  std::vector<int64_t> begin = {1, 6, 6, 8}, end = {6, 6, 7, 27};
  GruLayer layer;

  Problem(int64_t input_width, int64_t width, bool resets_before)
      : x(random_values(kPositions * input_width, 1, 1)),
        weight_ih(random_values(3 * width * input_width, 2, 0.3)),
        weight_hh(random_values(3 * width * width, 3, 0.3)),
        bias_ih(random_values(3 * width, 4, 0.3)),
        bias_hh(random_values(3 * width, 5, 0.3)),
        gates(kPositions * 4 * width),
        previous(kPositions * width),
        out(kPositions * width),
        out_gradient(random_values(kPositions * width, 6, 1)),
        input_gradient(kPositions * 3 * width),
        hidden_gradient(kPositions * width) {
    for (int64_t p = 27; p < kPositions; ++p) {
      begin.push_back(p);
      end.push_back(p + 1);
    }
    layer = {resets_before, input_width, width, weight_ih.data(), weight_hh.data(), bias_ih.data(), bias_hh.data(), static_cast<int64_t>(begin.size()), begin.data(), end.data()};
  }
  void run(const KernelTable& table) {
    gru_forward(layer, x.data(), {gates.data(), previous.data(), out.data()}, table);
    gru_backward(layer, {gates.data(), previous.data(), out.data()}, {out_gradient.data(), input_gradient.data(), hidden_gradient.data()}, table);
  }
};

double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

// The states by the equations, in double.
std::vector<double> naive_states(const Problem& p) {
  const int64_t width = p.layer.width, inputs = p.layer.input_width;
  std::vector<double> out(p.out.size(), 0.0);
  for (size_t w = 0; w < p.begin.size(); ++w) {
    std::vector<double> h(width, 0.0);
    for (int64_t t = p.begin[w]; t < p.end[w]; ++t) {
      const auto input = [&](int64_t unit) {
        double sum = p.bias_ih[unit];
        for (int64_t k = 0; k < inputs; ++k) sum += double{p.weight_ih[unit * inputs + k]} * p.x[t * inputs + k];
        return sum;
      };
      const auto hidden = [&](int64_t unit, const std::vector<double>& state) {
        double sum = p.bias_hh[unit];
        for (int64_t k = 0; k < width; ++k) sum += p.weight_hh[unit * width + k] * state[k];
        return sum;
      };
      std::vector<double> r(width), z(width), reset(width), next(width);
      for (int64_t c = 0; c < width; ++c) {
        r[c] = sigmoid(input(c) + hidden(c, h));
        z[c] = sigmoid(input(width + c) + hidden(width + c, h));
        reset[c] = r[c] * h[c];
      }
      for (int64_t c = 0; c < width; ++c) {
        const double n = std::tanh(input(2 * width + c) + (p.layer.resets_before ? hidden(2 * width + c, reset) : r[c] * hidden(2 * width + c, h)));
        next[c] = p.layer.resets_before ? z[c] * n + (1 - z[c]) * h[c] : (1 - z[c]) * n + z[c] * h[c];
        out[t * width + c] = next[c];
      }
      h = next;
    }
  }
  return out;
}

TEST(GruKernel, EveryLevelFollowsTheEquations) {
  for (const std::string& isa : supported_isas()) {
    for (auto [input_width, width] : std::vector<std::array<int64_t, 2>>{{1, 1}, {5, 16}, {20, 21}, {3, 40}}) {
      for (bool resets_before : {false, true}) {
        Problem problem(input_width, width, resets_before);
        problem.run(kernels_of(isa));
        const std::vector<double> truth = naive_states(problem);
        for (size_t i = 0; i < truth.size(); ++i) ASSERT_NEAR(problem.out[i], truth[i], 2e-6) << isa << " width " << width << " element " << i;
      }
    }
  }
}

TEST(GruKernel, EveryLevelHasTheReferencesGradients) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t width : {1, 8, 21, 40}) {
      for (bool resets_before : {false, true}) {
        Problem got(7, width, resets_before), truth(7, width, resets_before);
        got.run(kernels_of(isa));
        truth.run(kernels_of("reference"));
        for (size_t i = 0; i < got.input_gradient.size(); ++i) ASSERT_NEAR(got.input_gradient[i], truth.input_gradient[i], 1e-5) << isa << " width " << width << " element " << i;
        for (size_t i = 0; i < got.hidden_gradient.size(); ++i)
          ASSERT_NEAR(got.hidden_gradient[i], truth.hidden_gradient[i], 1e-5) << isa << " width " << width << " element " << i;
      }
    }
  }
}

// With U = 0, r is the sigmoid and n the tanh of the input's product, here of x itself.
TEST(GruKernel, ActivationsAreAccurate) {
  for (const std::string& isa : supported_isas()) {
    for (double x = -30; x < 30; x += 0.0107) {
      const auto value = static_cast<float>(x);
      const float one[3] = {1, 1, 1}, zero[3] = {0, 0, 0};
      const int64_t begin = 0, end = 1;
      float gates[4], previous, out;
      gru_forward({false, 1, 1, one, zero, zero, zero, 1, &begin, &end}, &value, {gates, &previous, &out}, kernels_of(isa));
      ASSERT_NEAR(gates[0] / sigmoid(value), 1, 1e-6) << isa << " sigmoid of " << value;
      ASSERT_NEAR(gates[2] / std::tanh(double{value}), 1, 1e-6) << isa << " tanh of " << value;
    }
  }
}

}  // namespace
}  // namespace rechub
