#include "rechub/kernels/elementwise.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Elementwise, ExpIsAccurateAtEveryLevel) {
  for (const std::string& isa : supported_isas()) {
    std::vector<float> x, y;
    for (double v = -87.3; v < 88.7; v += 0.00101) x.push_back(static_cast<float>(v));
    y.resize(x.size());
    kernels_of(isa).elementwise.exp(x.data(), y.data(), static_cast<int64_t>(x.size()));
    for (size_t i = 0; i < x.size(); ++i) {
      const double truth = std::exp(static_cast<double>(x[i]));
      ASSERT_NEAR(y[i] / truth, 1.0, 3e-7) << isa << " at " << x[i];
    }
  }
}

TEST(Elementwise, ExpKeepsNanAndSaturates) {
  const std::vector<float> x = {NAN, kInfinity, -kInfinity, 89.0f, 1e30f, -88.0f, -1e30f, 0.0f, -0.0f};
  for (const std::string& isa : supported_isas()) {
    std::vector<float> y(x.size());
    kernels_of(isa).elementwise.exp(x.data(), y.data(), static_cast<int64_t>(x.size()));
    EXPECT_TRUE(std::isnan(y[0])) << isa;
    EXPECT_EQ(std::vector<float>(y.begin() + 1, y.end()), (std::vector<float>{kInfinity, 0, kInfinity, kInfinity, 0, 0, 1, 1})) << isa;
  }
}

TEST(Elementwise, ExpTouchesOnlyItsElementsAtAnyAlignmentAndCount) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t count = 0; count <= 33; ++count) {
      for (int64_t offset : {0, 1, 3}) {
        std::vector<float> values(40, -1.0f);
        kernels_of(isa).elementwise.exp(values.data() + offset, values.data() + offset, count);
        for (int64_t i = 0; i < 40; ++i) {
          const bool is_inside = i >= offset && i < offset + count;
          ASSERT_NEAR(values[i], is_inside ? std::exp(-1.0f) : -1.0f, 1e-7f) << isa << " count " << count << " offset " << offset << " element " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace rechub
