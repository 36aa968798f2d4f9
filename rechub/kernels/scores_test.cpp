#include "rechub/kernels/scores.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Small whole numbers, so that ties are many; a few items hidden; one float off a vector's boundary.
std::vector<float> tied_scores(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> scores(1 + count);
  for (float& score : scores) score = random.below(10) == 0 ? -kInfinity : static_cast<float>(random.below(7)) - 3.0f;
  return scores;
}

TEST(Scores, CountAndCollectAgreeWithALoop) {
  for (const std::string& isa : supported_isas()) {
    const ScoreKernels& kernels = kernels_of(isa).scores;
    for (int64_t num_panels = 0; num_panels <= 5; ++num_panels) {
      for (int64_t num_rows : {1, 3}) {
        const std::vector<float> scores = tied_scores(num_panels * num_rows * kPanelWidth, num_panels);
        const float* last_row = scores.data() + 1 + (num_rows - 1) * kPanelWidth;
        for (float value : {-kInfinity, -3.0f, 0.0f, 2.5f, 3.0f, kInfinity}) {
          std::vector<int32_t> expected;
          int64_t equal_expected = 5;
          for (int64_t item = 0; item < num_panels * kPanelWidth; ++item) {
            const float score = last_row[item / kPanelWidth * num_rows * kPanelWidth + item % kPanelWidth];
            if (score > value) expected.push_back(static_cast<int32_t>(item));
            equal_expected += score == value;
          }
          int64_t greater = 7, equal = 5;
          kernels.count(last_row, num_rows * kPanelWidth, num_panels, value, &greater, &equal);
          EXPECT_EQ(greater, 7 + static_cast<int64_t>(expected.size())) << isa;
          EXPECT_EQ(equal, equal_expected) << isa;
          std::vector<int32_t> items(num_panels * kPanelWidth);
          std::vector<float> item_scores(items.size());
          items.resize(kernels.collect_above(last_row, num_rows * kPanelWidth, num_panels, value, items.data(), item_scores.data()));
          EXPECT_EQ(items, expected) << isa;
          for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(item_scores[i], last_row[items[i] / kPanelWidth * num_rows * kPanelWidth + items[i] % kPanelWidth]) << isa;
        }
      }
    }
  }
}

TEST(Scores, CapHidesItemsInEveryRow) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t num_rows : {0, 1, 5}) {
      const int64_t num_panels = 3;
      const std::vector<float> before = tied_scores(num_panels * num_rows * kPanelWidth, 1);
      std::vector<float> caps(1 + num_panels * kPanelWidth, kInfinity), after = before;
      for (size_t item = 1; item < caps.size(); item += 3) caps[item] = -kInfinity;
      kernels_of(isa).scores.cap(after.data() + 1, num_panels, num_rows, caps.data() + 1);
      for (int64_t i = 0; i < num_panels * num_rows * kPanelWidth; ++i) {
        const int64_t item = i / (num_rows * kPanelWidth) * kPanelWidth + i % kPanelWidth;
        EXPECT_EQ(after[1 + i], item % 3 == 0 ? -kInfinity : before[1 + i]) << isa;
      }
    }
  }
}

TEST(Scores, MaxOfGroupsMayWorkInPlace) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t group_size : {1, 2, 5}) {
      const int64_t num_panels = 2, num_groups = 3, count = num_panels * num_groups * kPanelWidth;
      const std::vector<float> before = tied_scores(count * group_size, 2);
      std::vector<float> after = before;
      kernels_of(isa).scores.max_of_groups(after.data() + 1, num_panels, num_groups, group_size, after.data() + 1);
      for (int64_t i = 0; i < count; ++i) {
        float largest = -kInfinity;
        for (int64_t member = 0; member < group_size; ++member) {
          largest = std::max(largest, before[1 + (i / kPanelWidth * group_size + member) * kPanelWidth + i % kPanelWidth]);
        }
        EXPECT_EQ(after[1 + i], largest) << isa;
      }
    }
  }
}

}  // namespace
}  // namespace rechub
