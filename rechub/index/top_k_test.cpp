#include "rechub/index/top_k.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "rechub/base/random.h"

namespace rechub {
namespace {

TEST(TopK, KeepsTheBestInOrderOfScoreThenPosition) {
  for (int64_t k : {0, 1, 3, 50, 1000, 2000}) {
    Random random(static_cast<uint64_t>(k));
    std::vector<ScoredPosition> all;
    TopK top(k);
    for (int64_t offset = 0; offset < 1000; offset += 10) {
      std::vector<float> scores;
      std::vector<int32_t> positions;
      for (int32_t i = 0; i < 10; ++i) {
        const float score = (static_cast<float>(random.below(40)) - 20.0f) * 0.5f;
        all.push_back({score, static_cast<int32_t>(offset) + i});
        if (!(score > top.threshold())) continue;
        scores.push_back(score);
        positions.push_back(i);
      }
      top.add(scores.data(), positions.data(), static_cast<int64_t>(scores.size()), offset);
    }
    std::stable_sort(all.begin(), all.end(), [](const ScoredPosition& a, const ScoredPosition& b) { return a.score > b.score; });
    all.resize(std::min<size_t>(all.size(), k));
    const std::vector<ScoredPosition> best = std::move(top).sorted();
    ASSERT_EQ(best.size(), all.size());
    for (size_t i = 0; i < best.size(); ++i) {
      EXPECT_EQ(best[i].score, all[i].score);
      EXPECT_EQ(best[i].position, all[i].position) << "k " << k << " place " << i;
    }
  }
}

TEST(TopK, MinusZeroTiesWithZero) {
  TopK top(3);
  const std::vector<float> scores = {-0.0f, 0.0f, -0.0f, 1e-40f, -1e-40f};
  const std::vector<int32_t> positions = {0, 1, 2, 3, 4};
  top.add(scores.data(), positions.data(), 5, 10);
  const std::vector<ScoredPosition> best = std::move(top).sorted();
  EXPECT_EQ(best[0].position, 13);
  EXPECT_EQ(best[1].position, 10);
  EXPECT_EQ(best[2].position, 11);
}

}  // namespace
}  // namespace rechub
