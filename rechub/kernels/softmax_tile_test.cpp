#include "rechub/kernels/softmax_tile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> normal_values(int64_t count, uint64_t seed, double scale = 1.0) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(scale * random.normal());
  return values;
}

int64_t place(int64_t row, int64_t item, int64_t num_items) { return (row / kPanelWidth * num_items + item) * kPanelWidth + row % kPanelWidth; }

struct Running {
  std::vector<float> maxima, sums, rescale;
  explicit Running(int64_t num_rows) : maxima(num_rows, -kInfinity), sums(num_rows, 0.0f), rescale(num_rows, NAN) {}
};

TEST(SoftmaxTile, SumsOverTilesAreThoseOfTheWholeSoftmax) {
  constexpr int64_t kPanels = 3, kRows = kPanels * kPanelWidth;
  for (const std::string& isa : supported_isas()) {
    for (double scale : {0.1, 3.0, 40.0}) {
      Running running(kRows);
      std::vector<std::vector<float>> logits;
      for (int64_t num_items : {7, 1, 2, 33, 64}) {
        logits.push_back(normal_values(kRows * num_items, num_items, scale));
        std::vector<float> tile = logits.back();
        kernels_of(isa).softmax_tile.exponentiate(tile.data(), kPanels, num_items, running.maxima.data(), running.sums.data(), running.rescale.data());
        for (int64_t r = 0; r < kRows; ++r) {
          for (int64_t j = 0; j < num_items; ++j) {
            const float below_maximum = logits.back()[place(r, j, num_items)] - running.maxima[r];
            const double truth = std::exp(static_cast<double>(below_maximum));
            ASSERT_NEAR(tile[place(r, j, num_items)], truth, 1e-6 * truth + 2e-38) << isa;
          }
        }
      }
      for (int64_t r = 0; r < kRows; ++r) {
        double sum = 0, maximum = -INFINITY;
        for (const auto& tile : logits) {
          for (int64_t j = 0; j < static_cast<int64_t>(tile.size()) / kRows; ++j) {
            const float logit = tile[place(r, j, static_cast<int64_t>(tile.size()) / kRows)];
            sum += std::exp(static_cast<double>(logit));
            maximum = std::max<double>(maximum, logit);
          }
        }
        EXPECT_EQ(running.maxima[r], maximum) << isa;
        EXPECT_NEAR(std::log(static_cast<double>(running.sums[r])) + running.maxima[r], std::log(sum), 1e-6) << isa;
      }
    }
  }
}

TEST(SoftmaxTile, HugeLogitsDoNotOverflowAndNanReachesItsRowOnly) {
  for (const std::string& isa : supported_isas()) {
    Running running(kPanelWidth);
    std::vector<float> tile(5 * kPanelWidth, -3e38f);
    for (int64_t r = 0; r < kPanelWidth; ++r) tile[place(r, 4, 5)] = 3e38f;
    tile[place(2, 1, 5)] = NAN;
    tile[place(7, 1, 5)] = kInfinity;
    tile[place(8, 1, 5)] = -kInfinity;
    kernels_of(isa).softmax_tile.exponentiate(tile.data(), 1, 5, running.maxima.data(), running.sums.data(), running.rescale.data());
    for (int64_t r = 0; r < kPanelWidth; ++r) {
      if (r == 2 || r == 7) {
        EXPECT_TRUE(std::isnan(running.sums[r])) << isa;
      } else {
        EXPECT_EQ(running.sums[r], 1.0f) << isa;
      }
    }
  }
}

TEST(SoftmaxTile, AccumulateRowsIsRescaledSumOverItems) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t num_items : {1, 2, 5, 33}) {
      for (int64_t dim : {16, 32, 48, 64, 80}) {
        const int64_t num_panels = 2, num_rows = num_panels * kPanelWidth;
        const std::vector<float> tile = normal_values(1 + num_rows * num_items, 1), items = normal_values(1 + num_items * dim, 2), rescale = normal_values(num_rows, 3);
        const std::vector<float> before = normal_values(1 + num_rows * dim, 4);
        std::vector<float> out = before;
        kernels_of(isa).softmax_tile.accumulate_rows(tile.data() + 1, num_panels, num_items, rescale.data(), items.data() + 1, dim, out.data() + 1);
        for (int64_t r = 0; r < num_rows; ++r) {
          for (int64_t d = 0; d < dim; ++d) {
            double sum = static_cast<double>(before[1 + r * dim + d]) * rescale[r];
            for (int64_t j = 0; j < num_items; ++j) sum += static_cast<double>(tile[1 + place(r, j, num_items)]) * items[1 + j * dim + d];
            ASSERT_NEAR(out[1 + r * dim + d], sum, 1e-5) << isa << " items " << num_items << " dim " << dim;
          }
        }
      }
    }
  }
}

TEST(SoftmaxTile, AccumulateItemsAddsTheSumOverRows) {
  for (const std::string& isa : supported_isas()) {
    for (int64_t num_items = 0; num_items <= 19; ++num_items) {
      for (int64_t dim : {16, 48, 64, 80}) {
        const int64_t num_panels = 1 + num_items % 3, num_rows = num_panels * kPanelWidth;
        const std::vector<float> tile = normal_values(1 + num_rows * num_items, 1), rows = normal_values(1 + num_rows * dim, 2);
        const std::vector<float> before = normal_values(2 + num_items * dim, 3);
        std::vector<float> out = before;
        kernels_of(isa).softmax_tile.accumulate_items(tile.data() + 1, num_panels, num_items, rows.data() + 1, dim, out.data() + 1);
        ASSERT_EQ(out.front(), before.front());
        ASSERT_EQ(out.back(), before.back());
        for (int64_t j = 0; j < num_items; ++j) {
          for (int64_t d = 0; d < dim; ++d) {
            double sum = before[1 + j * dim + d];
            for (int64_t r = 0; r < num_rows; ++r) sum += static_cast<double>(tile[1 + place(r, j, num_items)]) * rows[1 + r * dim + d];
            ASSERT_NEAR(out[1 + j * dim + d], sum, 2e-5) << isa << " items " << num_items << " dim " << dim;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace rechub
