#include "rechub/serve/fusion.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/eval/rank_fusion.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;

ChannelList list_of(double weight, const std::string& items, float first_score = 1) {
  ChannelList list{weight, {}};
  for (char item : items) list.items.push_back({std::string(1, item), first_score / static_cast<float>(list.items.size() + 1)});
  return list;
}

std::string fused(const char* name, const std::vector<ChannelList>& lists, int64_t count) {
  std::string items;
  for (const FusedItem& item : named_fusion(name).fuse(lists, count)) items += item.item;
  return items;
}

TEST(QuotaFusion, GivesPlacesInProportionAndLetsOthersFillUp) {
  // Turns 1/2 2/2 3/2 ... against 1 2 3 ...: a, then the tie of (2/2, 1) goes to the first list.
  EXPECT_EQ(fused("quota", {list_of(2, "abcdef"), list_of(1, "uvwxyz")}, 6), "abucdv");
  EXPECT_EQ(fused("quota", {list_of(1, "ab"), list_of(1, "uvwxyz")}, 6), "aubvwx");
  EXPECT_EQ(fused("quota", {list_of(1, "ab"), list_of(1, "u")}, 10), "aub");
}

TEST(QuotaFusion, AnItemOfTwoListsTakesOnePlaceAndNamesBoth) {
  const std::vector<ChannelList> lists = {list_of(1, "abc"), list_of(1, "abd", 8)};
  const auto items = named_fusion("quota").fuse(lists, 4);
  EXPECT_EQ(fused("quota", lists, 4), "abcd");
  EXPECT_EQ(items[0].channels, 3u);
  EXPECT_EQ(items[0].score, 1);
  EXPECT_EQ(items[1].score, 4);  // b was brought by the second list
  EXPECT_EQ(items[2].channels, 1u);
  EXPECT_EQ(items[3].channels, 2u);
}

TEST(ReciprocalRankFusion, IsFuseListsForTwoListsOfWeightOne) {
  const std::string a = "gbhcad", b = "ceafgz";
  TopLists first{.depth = 6}, second{.depth = 6};
  for (char item : a) first.items.push_back(item);
  for (char item : b) second.items.push_back(item);
  const TopLists expected = fuse_lists(first, second, 8);
  const std::string items = fused("reciprocal_rank", {list_of(1, a), list_of(1, b)}, 8);
  ASSERT_EQ(items.size(), 8u);
  for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i], static_cast<char>(expected.items[i])) << i;
}

TEST(ReciprocalRankFusion, WeighsLists) {
  const std::vector<ChannelList> lists = {list_of(3, "ab"), list_of(1, "ba")};
  const auto items = named_fusion("reciprocal_rank").fuse(lists, 2);
  EXPECT_EQ(items[0].item, "a");
  EXPECT_DOUBLE_EQ(items[0].score, 3.0 / 61 + 1.0 / 62);
  EXPECT_DOUBLE_EQ(items[1].score, 3.0 / 62 + 1.0 / 61);
}

TEST(CalibratedFusion, IsTheChanceThatOneIsRight) {
  const std::vector<ChannelList> lists = {{1, {{"a", 0.5F}, {"b", 0.25F}}}, {2, {{"b", 0.5F}, {"c", 0}}}};
  const auto items = named_fusion("calibrated").fuse(lists, 10);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].item, "b");
  EXPECT_DOUBLE_EQ(items[0].score, 1 - 0.75 * 0.25);
  EXPECT_EQ(items[0].channels, 3u);
  EXPECT_EQ(items[1].item, "a");
  EXPECT_DOUBLE_EQ(items[1].score, 0.5);
  EXPECT_EQ(items[2].score, 0);
}

TEST(Fusion, AnUnknownNameIsRefusedWithTheNearest) {
  try {
    named_fusion("qouta");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("did you mean quota"));
  }
}

}  // namespace
}  // namespace rechub
