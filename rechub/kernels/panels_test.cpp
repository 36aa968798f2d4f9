#include "rechub/kernels/panels.h"

#include <cmath>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr float kUntouched = -12345.0f;

std::vector<float> normal_values(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

int64_t panels_for(int64_t count) { return (count + kPanelWidth - 1) / kPanelWidth; }

TEST(Panels, PackLaysVectorsSideBySideAndPadsWithZeros) {
  const std::vector<float> vectors = {1, 2, 3, 4, 5, 6};  // three vectors of two
  for (const std::string& isa : supported_isas()) {
    std::vector<float> panels(2 * kPanelWidth, kUntouched);
    kernels_of(isa).panels.pack(vectors.data(), 3, 2, 10.0f, panels.data(), 1);
    std::vector<float> expected(2 * kPanelWidth, 0.0f);
    for (int i = 0; i < 3; ++i) {
      expected[i] = 10.0f * vectors[2 * i];
      expected[kPanelWidth + i] = 10.0f * vectors[2 * i + 1];
    }
    EXPECT_EQ(panels, expected) << isa;
  }
}

// Products of `rows` rows and `columns` columns at every level, beside a double-precision sum and the reference, from pointers off any vector's boundary.
void expect_right_products(int64_t num_rows, int64_t num_columns, int64_t dim) {
  const int64_t num_panels = panels_for(num_columns), stride = dim + 3, count = num_panels * num_rows * kPanelWidth;
  const std::vector<float> rows = normal_values(1 + num_rows * stride, 1), columns = normal_values(1 + num_columns * dim, 2);
  std::vector<float> panels(1 + num_panels * dim * kPanelWidth), reference(count);
  kernels_of("reference").panels.pack(columns.data() + 1, num_columns, dim, 1.0f, panels.data() + 1, num_panels);
  kernels_of("reference").panels.dot(rows.data() + 1, stride, num_rows, panels.data() + 1, num_panels, dim, reference.data());
  for (const std::string& isa : supported_isas()) {
    std::vector<float> scores(count + 2, kUntouched);
    kernels_of(isa).panels.dot(rows.data() + 1, stride, num_rows, panels.data() + 1, num_panels, dim, scores.data() + 1);
    ASSERT_EQ(scores.front(), kUntouched) << isa;
    ASSERT_EQ(scores.back(), kUntouched) << isa;
    for (int64_t i = 0; i < num_rows; ++i) {
      for (int64_t c = 0; c < num_columns; ++c) {
        double sum = 0, size = 0;
        for (int64_t k = 0; k < dim; ++k) {
          const double term = static_cast<double>(rows[1 + i * stride + k]) * columns[1 + c * dim + k];
          sum += term;
          size += std::abs(term);
        }
        const int64_t place = (c / kPanelWidth * num_rows + i) * kPanelWidth + c % kPanelWidth;
        ASSERT_NEAR(scores[1 + place], sum, 1e-6 * size) << isa << " rows " << num_rows << " columns " << num_columns << " dim " << dim;
        ASSERT_NEAR(scores[1 + place], reference[place], 2e-6 * size) << isa;
      }
    }
  }
}

TEST(Panels, DotIsRightForOddSizesAndAnyAlignment) {
  for (int64_t num_rows = 0; num_rows <= 33; ++num_rows) expect_right_products(num_rows, 33, 5);
  for (int64_t num_columns = 0; num_columns <= 81; num_columns += 9) expect_right_products(7, num_columns, 8);
  for (int64_t dim : {1, 2, 3, 15, 16, 17, 31, 64, 200}) expect_right_products(11, 50, dim);
}

TEST(Panels, EqualVectorsGetEqualBitsInAnyTile) {
  constexpr int64_t kDim = 37, kRows = 19, kPanels = 5;
  const std::vector<float> row = normal_values(kDim, 3), column = normal_values(kDim, 4);
  std::vector<float> rows, columns;
  for (int64_t i = 0; i < kRows; ++i) rows.insert(rows.end(), row.begin(), row.end());
  for (int64_t i = 0; i < kPanels * kPanelWidth; ++i) columns.insert(columns.end(), column.begin(), column.end());
  for (const std::string& isa : supported_isas()) {
    const PanelKernels& panel_kernels = kernels_of(isa).panels;
    std::vector<float> panels(columns.size()), all(kPanels * kRows * kPanelWidth), alone(kPanelWidth);
    panel_kernels.pack(columns.data(), kPanels * kPanelWidth, kDim, 1.0f, panels.data(), kPanels);
    panel_kernels.dot(rows.data(), kDim, kRows, panels.data(), kPanels, kDim, all.data());
    panel_kernels.dot(rows.data(), kDim, 1, panels.data(), 1, kDim, alone.data());
    for (float score : all) ASSERT_EQ(std::memcmp(&score, alone.data(), sizeof(float)), 0) << isa;
  }
}

TEST(Panels, NanAndInfinityReachTheirOwnRowOnly) {
  constexpr int64_t kDim = 9, kRows = 10;
  std::vector<float> rows(kRows * kDim, 1.0f);
  rows[3 * kDim + 8] = NAN;
  rows[9 * kDim + 2] = INFINITY;
  const std::vector<float> panels(3 * kDim * kPanelWidth, 0.5f);
  for (const std::string& isa : supported_isas()) {
    std::vector<float> scores(3 * kRows * kPanelWidth);
    kernels_of(isa).panels.dot(rows.data(), kDim, kRows, panels.data(), 3, kDim, scores.data());
    for (int64_t i = 0; i < static_cast<int64_t>(scores.size()); ++i) {
      const int64_t row = i / kPanelWidth % kRows;
      if (row == 3) {
        ASSERT_TRUE(std::isnan(scores[i])) << isa;
      } else {
        ASSERT_EQ(scores[i], row == 9 ? INFINITY : 4.5f) << isa;
      }
    }
  }
}

}  // namespace
}  // namespace rechub
