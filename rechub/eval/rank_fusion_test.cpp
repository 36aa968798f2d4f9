#include "rechub/eval/rank_fusion.h"

#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

using Items = std::vector<int32_t>;

// 7: 1/61 + 1/63, 5: 1/61 + 1/62, both above 1/62 and 1/63 alone; 6 and 9 have 1/62 and 1/63.
TEST(RankFusion, SumsReciprocalRanksByHand) {
  const TopLists fused = fuse_lists({3, {5, 6, 7}}, {3, {7, 5, 9}}, 4);
  EXPECT_EQ(fused.depth, 4);
  EXPECT_EQ(fused.items, (Items{5, 7, 6, 9}));
}

TEST(RankFusion, OfEqualScoresTheFirstModelsItemComesFirst) {
  EXPECT_EQ(fuse_lists({2, {5, 6}}, {2, {7, 8}}, 4).items, (Items{5, 7, 6, 8}));
  EXPECT_EQ(fuse_lists({2, {5, 6}}, {2, {6, 5}}, 2).items, (Items{5, 6}));
}

TEST(RankFusion, ShortAndEmptyListsEndInMinusOne) {
  EXPECT_EQ(fuse_lists({2, {5, -1, -1, -1}}, {2, {5, 9, -1, -1}}, 3).items, (Items{5, 9, -1, -1, -1, -1}));
  EXPECT_THROW(fuse_lists({2, {5, 6}}, {1, {5, 6}}, 2), Error);
}

// Two is more than one: an item that both have at rank 10 comes before one that only one has at rank 1 (2/70 > 1/61).
TEST(RankFusion, AgreementCounts) {
  Items a, b;
  for (int32_t i = 0; i < 9; ++i) a.push_back(100 + i), b.push_back(200 + i);
  a.push_back(1), b.push_back(1);
  EXPECT_EQ(fuse_lists({10, a}, {10, b}, 1).items, (Items{1}));
}

}  // namespace
}  // namespace rechub
