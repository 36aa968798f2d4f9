#include "rechub/kernels/pooling.h"

#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

// Small whole numbers, so that sums are exact and maxima have ties.
std::vector<float> whole_numbers(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.below(7)) - 3.0f;
  return values;
}

TEST(PoolingKernel, EveryLevelEqualsTheReferenceAndTouchesNothingElse) {
  const PoolingKernels truth = reference::pooling_kernels();
  for (const std::string& isa : supported_isas()) {
    const PoolingKernels kernel = kernels_of(isa).pooling;
    for (int64_t count : {0, 1, 2, 9}) {
      for (int64_t columns : {1, 7, 8, 16, 17, 64}) {
        const int64_t stride = columns + 3;
        const std::vector<float> values = whole_numbers(count * stride + 1, 1), gradient = whole_numbers(columns, 2);
        for (bool is_max : {false, true}) {
          std::vector<float> out(columns + 1, 5.0f), expected(columns + 1, 5.0f), rows = whole_numbers(count * stride + 1, 3), expected_rows = rows;
          if (is_max) {
            kernel.max(values.data(), stride, count, columns, out.data());
            truth.max(values.data(), stride, count, columns, expected.data());
            kernel.max_backward(values.data(), out.data(), gradient.data(), rows.data(), stride, count, columns);
            truth.max_backward(values.data(), expected.data(), gradient.data(), expected_rows.data(), stride, count, columns);
          } else {
            kernel.sum(values.data(), stride, count, columns, 0.5f, out.data());
            truth.sum(values.data(), stride, count, columns, 0.5f, expected.data());
            kernel.sum_backward(gradient.data(), 0.5f, rows.data(), stride, count, columns);
            truth.sum_backward(gradient.data(), 0.5f, expected_rows.data(), stride, count, columns);
          }
          EXPECT_EQ(out, expected) << isa << " rows " << count << " columns " << columns;
          EXPECT_EQ(rows, expected_rows) << isa << " rows " << count << " columns " << columns;
        }
      }
    }
  }
}

TEST(PoolingKernel, HandComputed) {
  const std::vector<float> values = {1, 5, 4, -2, 4, 0};  // three rows of two
  const std::vector<float> gradient = {10, 20};
  for (const std::string& isa : supported_isas()) {
    const PoolingKernels kernel = kernels_of(isa).pooling;
    std::vector<float> out(2), rows(6, 0.0f);
    kernel.sum(values.data(), 2, 3, 2, 2.0f, out.data());
    EXPECT_EQ(out, (std::vector<float>{18, 6}));
    kernel.max(values.data(), 2, 3, 2, out.data());
    EXPECT_EQ(out, (std::vector<float>{4, 5}));
    kernel.max_backward(values.data(), out.data(), gradient.data(), rows.data(), 2, 3, 2);
    EXPECT_EQ(rows, (std::vector<float>{0, 20, 10, 0, 0, 0}));
  }
}

}  // namespace
}  // namespace rechub
