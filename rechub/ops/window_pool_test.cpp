#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/ops/gradcheck.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

constexpr const char* kModes[] = {"mean", "sum", "max"};

at::Tensor small_values() { return at::tensor({1.0f, -8.0f, 3.0f, -2.0f, 5.0f, -4.0f}).view({3, 2}); }

TEST(WindowPool, HandComputed) {
  for (bool composite : {false, true}) {
    CompositeScope scope(composite);
    const Windows windows = windows_of({0, 1, 2, 0}, {3, 1, 3, 2});
    EXPECT_TRUE(window_pool(small_values(), windows, "sum").equal(at::tensor({9.0f, -14.0f, 0.0f, 0.0f, 5.0f, -4.0f, 4.0f, -10.0f}).view({4, 2})));
    EXPECT_TRUE(window_pool(small_values(), windows, "mean").allclose(at::tensor({3.0f, -14.0f / 3, 0.0f, 0.0f, 5.0f, -4.0f, 2.0f, -5.0f}).view({4, 2})));
    EXPECT_TRUE(window_pool(small_values(), windows, "max").equal(at::tensor({5.0f, -2.0f, 0.0f, 0.0f, 5.0f, -4.0f, 3.0f, -2.0f}).view({4, 2})));
  }
}

TEST(WindowPool, TheFirstOfEqualMaximaGetsTheGradient) {
  for (bool composite : {false, true}) {
    CompositeScope scope(composite);
    const auto results = output_and_gradients([](const auto& x) { return window_pool(x[0], windows_of({0}, {3}), "max"); }, {at::tensor({1.0f, 2.0f, 2.0f}).view({3, 1})});
    EXPECT_NE(results[1][1].item<float>(), 0);
    EXPECT_EQ(results[1][2].item<float>(), 0);
  }
}

TEST(WindowPool, GradientsEqualFiniteDifferences) {
  const Windows windows = windows_of({0, 2, 2, 1, 0}, {4, 2, 3, 5, 7});
  for (const char* mode : kModes) EXPECT_LT(gradient_error([&](const auto& x) { return window_pool(x[0], windows, mode); }, {random_tensor({8, 3}, 3)}), 1e-6) << mode;
}

TEST(WindowPool, FusedEqualsComposite) {
  std::vector<int64_t> begin, end;
  for (int64_t i = 0; i < 40; ++i) {  // all prefixes of two sequences, and windows that start late
    begin.push_back(i < 20 ? 0 : std::max<int64_t>(20, i - 6));
    end.push_back(i);
  }
  const Windows windows = windows_of(begin, end);
  for (const char* mode : kModes) {
    for (int64_t width : {1, 7, 16, 33, 64}) {
      EXPECT_LT(fused_error([&](const auto& x) { return window_pool(x[0], windows, mode); }, {random_tensor({41, width}, 3)}), 1e-6) << mode << " width " << width;
    }
  }
}

TEST(WindowPool, NoWindowsAndOnlyEmptyWindows) {
  for (bool composite : {false, true}) {
    CompositeScope scope(composite);
    for (const char* mode : kModes) {
      EXPECT_EQ(window_pool(small_values(), windows_of({}, {}), mode).sizes(), (std::vector<int64_t>{0, 2}));
      EXPECT_TRUE(window_pool(small_values(), windows_of({1, 2}, {1, 2}), mode).equal(at::zeros({2, 2})));
    }
  }
}

TEST(WindowPool, AnUnknownModeIsAUsageError) { EXPECT_THROW(window_pool(small_values(), windows_of({0}, {1}), "median"), Error); }

}  // namespace
}  // namespace rechub::ops
