#include "rechub/eval/own_favourites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rechub {
namespace {

TEST(OwnFavourites, OrdersByCountThenRecencyThenPopularity) {
  const std::vector<int32_t> items = {3, 4, 4, 5, 3, 6, 9};
  const std::vector<int64_t> counts = {0, 0, 50, 2, 2, 1, 1, 80, 50, 0};
  const OwnFavourites model(items, counts);
  std::vector<float> scores(10);
  model.score({.user = 2, .history_begin = 0, .history_end = 6, .target_begin = 6, .target_end = 7}, scores);
  std::vector<int32_t> order = {2, 3, 4, 5, 6, 7, 8, 9};
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return scores[a] > scores[b]; });
  EXPECT_THAT(order, ::testing::ElementsAre(3, 4, 6, 5, 7, 2, 8, 9));
  EXPECT_EQ(scores[2], scores[8]);
}

}  // namespace
}  // namespace rechub
