#include "rechub/kernels/dropout.h"

#include <vector>

#include <gtest/gtest.h>

#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

TEST(DropoutKernel, EveryLevelGivesTheSameBits) {
  const DropoutRule rule = dropout_rule(0.6, 0x123456789abcdef0ULL);
  std::vector<float> x;
  for (int i = 0; i < 100; ++i) x.push_back(static_cast<float>(i) - 49.5f);
  for (const std::string& isa : supported_isas()) {
    for (int64_t first : {int64_t{0}, int64_t{7}, (int64_t{1} << 32) - 50, int64_t{5} << 33}) {  // the third crosses into the next high word
      for (int64_t count : {0, 1, 15, 16, 17, 100}) {
        std::vector<float> y(101, -1.0f);
        kernels_of(isa).dropout.apply(rule, x.data(), y.data(), first, count);
        for (int64_t i = 0; i < count; ++i) {
          const int64_t number = first + i;
          const float factor = reference::dropout_factor(rule, static_cast<uint32_t>(number >> 32), static_cast<uint32_t>(number));
          ASSERT_EQ(y[i], x[i] * factor) << isa << " element " << number;
        }
        EXPECT_EQ(y[count], -1.0f) << isa;
      }
    }
  }
}

TEST(DropoutKernel, TheRuleScalesSoThatTheMeanStays) {
  EXPECT_EQ(dropout_rule(0.75, 1).keep_scale, 4.0f);
  EXPECT_EQ(dropout_rule(0.75, 1).threshold, 3u << 30);
  EXPECT_EQ(dropout_rule(0, 1).threshold, 0u);
  EXPECT_EQ(dropout_rule(0, 1).keep_scale, 1.0f);
}

TEST(DropoutKernel, WorksInPlace) {
  const DropoutRule rule = dropout_rule(0.5, 3);
  std::vector<float> x(77, 2.0f), y(77);
  kernels().dropout.apply(rule, x.data(), y.data(), 0, 77);
  kernels().dropout.apply(rule, x.data(), x.data(), 0, 77);
  EXPECT_EQ(x, y);
}

}  // namespace
}  // namespace rechub
