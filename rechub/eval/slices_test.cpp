#include "rechub/eval/slices.h"

#include <cmath>

#include <gtest/gtest.h>

namespace rechub {
namespace {

// 100 training events: item 2 makes 40, 3 makes 30 (it crosses 50 %: head), 4 makes 20 (it crosses 80 %: torso), 5 and 6 make 5 each (tail).
const std::vector<int64_t> kCounts = {0, 0, 40, 30, 20, 5, 5, 0};

TEST(Slices, GroupsTargetsByPopularityByHand) {
  SliceMetrics slices(kCounts, {2});
  const int32_t targets[] = {2, 3, 4, 6};
  const double ranks[] = {1, 5, 2, 9};
  slices.add(2, targets, ranks, 1);
  const auto result = slices.result();
  EXPECT_EQ(result.at("popularity:head").at("targets"), 2);
  EXPECT_EQ(result.at("popularity:head").at("Recall@2"), 0.5);
  EXPECT_DOUBLE_EQ(result.at("popularity:head").at("NDCG@2"), 1 / (1 + 1 / std::log2(3.0)));
  EXPECT_EQ(result.at("popularity:torso").at("Hit@2"), 1);
  EXPECT_DOUBLE_EQ(result.at("popularity:torso").at("NDCG@2"), 1 / std::log2(3.0));
  EXPECT_EQ(result.at("popularity:tail").at("Hit@2"), 0);
  EXPECT_EQ(result.at("target:warm").at("Recall@2"), 0.5);
  EXPECT_EQ(result.at("target:cold").at("Hit@2"), 0);
  EXPECT_EQ(result.at("target:cold").at("targets"), 1);
  EXPECT_EQ(result.at("history:1-2").at("Recall@2"), 2.0 / 5);
}

TEST(Slices, CutsHistoriesWhereTheNamesSay) {
  const std::pair<int64_t, const char*> borders[] = {{0, "0"},     {1, "1-2"},    {2, "1-2"},    {3, "3-5"},  {5, "3-5"},  {6, "6-10"},
                                                     {10, "6-10"}, {11, "11-20"}, {20, "11-20"}, {21, "21+"}, {500, "21+"}};
  for (const auto& [length, name] : borders) {
    SliceMetrics slices(kCounts, {1});
    const int32_t targets[] = {2};
    const double ranks[] = {1};
    slices.add(length, targets, ranks, 0);
    EXPECT_EQ(slices.result().count(std::string("history:") + name), 1) << length;
  }
}

TEST(Slices, MeansAreOverTheCasesOfTheSlice) {
  SliceMetrics slices(kCounts, {1});
  const int32_t head[] = {2}, tail[] = {5};
  const double first[] = {1}, second[] = {2};
  slices.add(3, head, first, 0);
  slices.add(3, head, second, 0);
  slices.add(3, tail, first, 0);
  const auto result = slices.result();
  EXPECT_EQ(result.at("popularity:head").at("Hit@1"), 0.5);
  EXPECT_EQ(result.at("popularity:head").at("cases"), 2);
  EXPECT_EQ(result.at("popularity:tail").at("Hit@1"), 1);
  EXPECT_DOUBLE_EQ(result.at("history:3-5").at("Hit@1"), 2.0 / 3);
  EXPECT_EQ(result.count("target:cold"), 0);
}

}  // namespace
}  // namespace rechub
