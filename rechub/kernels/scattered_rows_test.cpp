#include "rechub/kernels/scattered_rows.h"

#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

// Whole numbers, so that sums are exact in any order.
TEST(ScatteredRowKernel, EveryLevelEqualsAPlainLoopAndTouchesNothingElse) {
  constexpr int64_t kRows = 20;
  Random random(1);
  for (const std::string& isa : supported_isas()) {
    const ScatteredRowKernels kernel = kernels_of(isa).scattered_rows;
    for (int64_t dim : {1, 2, 7, 8, 15, 16, 17, 32, 33, 63, 64, 100, 128}) {
      std::vector<float> x(dim), rows(kRows * dim);  // no room behind the last row: AddressSanitizer sees a read too far
      std::vector<uint8_t> codes(kRows * dim);
      for (float& value : x) value = static_cast<float>(random.below(9)) - 4.0f;
      for (float& value : rows) value = static_cast<float>(random.below(9)) - 4.0f;
      for (uint8_t& code : codes) code = static_cast<uint8_t>(random.below(256));
      for (int64_t count : {0, 1, 3, 4, 5, 11}) {
        std::vector<int32_t> positions(count);
        for (int32_t& position : positions) position = static_cast<int32_t>(random.below(kRows));
        if (count > 0) positions[0] = kRows - 1;
        std::vector<float> scores(count + 1, 77.0f), code_scores(count + 1, 77.0f);
        kernel.dots(x.data(), rows.data(), dim, positions.data(), count, scores.data());
        kernel.code_dots(x.data(), codes.data(), dim, positions.data(), count, code_scores.data());
        for (int64_t i = 0; i < count; ++i) {
          float score = 0, code_score = 0;
          for (int64_t k = 0; k < dim; ++k) score += x[k] * rows[positions[i] * dim + k];
          for (int64_t k = 0; k < dim; ++k) code_score += x[k] * static_cast<float>(codes[positions[i] * dim + k]);
          ASSERT_EQ(scores[i], score) << isa << " dim " << dim << " row " << i;
          ASSERT_EQ(code_scores[i], code_score) << isa << " dim " << dim << " row " << i;
          ASSERT_EQ(kernel.dot(x.data(), rows.data() + positions[i] * dim, dim), score);
        }
        ASSERT_EQ(scores[count], 77.0f);
        ASSERT_EQ(code_scores[count], 77.0f);
      }
    }
  }
}

}  // namespace
}  // namespace rechub
