#include "rechub/matching/feature_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub::matching {
namespace {

using ::testing::HasSubstr;

const std::vector<Feature> kItemSide = {SparseFeature{"item_id", 100, 8}, SparseFeature{"category", 10, 4}, DenseFeature{"picture", 3}};

std::string refusal(const std::vector<Feature>& user, const std::vector<Feature>& item = kItemSide, bool reads_list = false) {
  try {
    lay_out_features(user, item, reads_list, "SASRec");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(FeatureLayout, IdsKeepTheirRowsBehindTheReservedTwo) {
  const FeatureLayout layout = lay_out_features({SparseFeature{"gender", 3, 8}}, kItemSide, false, "DSSM");
  ASSERT_EQ(layout.user.size(), 1u);
  EXPECT_EQ(layout.user[0].spec.rows, 5);
  EXPECT_EQ(layout.item_width(), 8 + 4 + 3);
  EXPECT_FALSE(layout.history);
  const Schema schema = layout.schema();
  EXPECT_FALSE(schema.has_history);
  EXPECT_FALSE(schema.has_item_ids);
}

TEST(FeatureLayout, AHistoryIsTiedByNameOrByShape) {
  for (const char* shared_with : {"item_id", ""}) {
    const FeatureLayout layout = lay_out_features({SequenceFeature{"watched", 100, 8, "sum", shared_with}}, kItemSide, true, "SASRec");
    ASSERT_TRUE(layout.history);
    EXPECT_EQ(layout.history->spec.name, "watched");
    EXPECT_EQ(layout.item_id, 0);
    EXPECT_EQ(layout.history_pooling, "sum");
    EXPECT_TRUE(layout.user.empty());
  }
}

TEST(FeatureLayout, OtherListsArePooledColumns) {
  const FeatureLayout layout =
      lay_out_features({SparseFeature{"tag", 50, 6}, SequenceFeature{"searched", 50, 6, "max", "tag"}, SequenceFeature{"words", 70, 5}}, kItemSide, false, "DSSM");
  EXPECT_FALSE(layout.history);
  ASSERT_EQ(layout.user.size(), 3u);
  EXPECT_EQ(layout.user[1].spec.kind, FeatureKind::kMulti);
  EXPECT_EQ(layout.user[1].spec.pooling, "max");
  EXPECT_EQ(layout.user[1].spec.space, layout.user[0].spec.space);
  EXPECT_NE(layout.user[2].spec.space, layout.user[0].spec.space);
}

TEST(FeatureLayout, AWidthLeftOpenFollowsTheVocabulary) {
  const FeatureLayout layout = lay_out_features({SparseFeature{"user_id", 10000}}, kItemSide, false, "DSSM");
  EXPECT_EQ(layout.user[0].spec.embed_dim, 60);  // 6 * 10000^(1/4)
}

TEST(FeatureLayout, WhatCannotBeIsRefusedWithARemedy) {
  EXPECT_THAT(refusal({}), HasSubstr("user_features is empty"));
  EXPECT_THAT(refusal({SparseFeature{"a", 3, 8}}, {}), HasSubstr("item_features is empty"));
  EXPECT_THAT(refusal({SparseFeature{"category", 3, 8}}), HasSubstr("two features are called 'category'"));
  EXPECT_THAT(refusal({SparseFeature{"a", 0, 8}}), HasSubstr("a: vocab_size should be from 1"));
  EXPECT_THAT(refusal({SparseFeature{"a", 3, -1}}), HasSubstr("a: embed_dim should be 1 or more"));
  EXPECT_THAT(refusal({DenseFeature{"a", 0}}), HasSubstr("a: embed_dim of a DenseFeature"));
  EXPECT_THAT(refusal({SequenceFeature{"a", 3, 8, "median"}}), HasSubstr("a: pooling should be mean, sum or max, got 'median'"));
  EXPECT_THAT(refusal({SequenceFeature{"a", 3, 8, "concat"}}), HasSubstr("got 'concat'"));
  EXPECT_THAT(refusal({SequenceFeature{"a", 3, 8, "mean", "b"}}), HasSubstr("'a': shared_with names 'b'"));
  EXPECT_THAT(refusal({SequenceFeature{"a", 100, 16, "mean", "item_id"}}), HasSubstr("got 100 and 16 beside 100 and 8"));
  EXPECT_THAT(refusal({SparseFeature{"a", 3, 8}}, kItemSide, true), HasSubstr("SASRec reads a history"));
}

}  // namespace
}  // namespace rechub::matching
