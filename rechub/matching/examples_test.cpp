#include "rechub/matching/examples.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rechub::matching {
namespace {

using ::testing::ElementsAre;

FeatureLayout layout() {
  return lay_out_features({SparseFeature{"gender", 3, 2}, SequenceFeature{"history", 10, 4, "mean", "item"}},
                          {SparseFeature{"item", 10, 4}, SparseFeature{"category", 5, 2}, DenseFeature{"price"}}, false, "DSSM");
}

Column ids(std::vector<int64_t> values) { return Column(std::move(values)); }
Column lists(std::vector<std::vector<int64_t>> values) { return Column(values); }

std::vector<int32_t> list(std::span<const int32_t> values) { return {values.begin(), values.end()}; }

// Item 7 is in the catalogue, item 3 only in a row, item 9 only in a history. Equal rows are one item; item 3 at another price is another.
Dataset example(const FeatureLayout& features, LabelUse use) {
  ExampleBuilder builder(features);
  builder.add_items({{"item", ids({7})}, {"category", ids({4})}, {"price", Column(std::vector<float>{2})}}, "x_all_item");
  const Columns rows = {
      {"gender", ids({0, 2, 1})}, {"history", lists({{7, 9}, {}, {3}})}, {"item", ids({3, 7, 3})}, {"category", ids({1, 4, 1})}, {"price", Column(std::vector<float>{5, 2, 6})}};
  builder.add_rows(rows, "x", {1, 0, 0.5F}, true);
  return builder.build(use);
}

TEST(Examples, ARowIsAUserWithItsHistoryAndTarget) {
  const FeatureLayout features = layout();
  const Dataset dataset = example(features, LabelUse::kLabel);
  EXPECT_EQ(dataset.num_users(), 3);
  EXPECT_EQ(dataset.item_rows(), 6);  // 2: item 7; 3: item 3 at 5; 4: item 3 at 6; 5: item 9
  EXPECT_THAT(list(dataset.items()), ElementsAre(2, 5, 3, 2, 3, 4));
  EXPECT_THAT(std::vector<int64_t>(dataset.user_begin().begin(), dataset.user_begin().end()), ElementsAre(0, 0, 0, 3, 4, 6));
  EXPECT_EQ(dataset.labels()[2], 1);
  EXPECT_EQ(dataset.labels()[3], 0);
  EXPECT_EQ(dataset.labels()[5], 0.5F);
  EXPECT_TRUE(dataset.weights().empty());
  EXPECT_THAT(list(dataset.user_features()[0].codes), ElementsAre(0, 1, 2, 4, 3));
}

TEST(Examples, ItemsOfAHistoryBringWhatIsKnownOfThem) {
  const FeatureLayout features = layout();
  const Dataset dataset = example(features, LabelUse::kNone);
  const FeatureTable& items = dataset.item_features();
  EXPECT_THAT(list(items[0].codes), ElementsAre(0, 1, 9, 5, 5, 11));
  EXPECT_THAT(list(items[1].codes), ElementsAre(0, 1, 6, 3, 3, 1));
  EXPECT_EQ(items[2].values[2], 2);
  EXPECT_TRUE(std::isnan(items[2].values[5]));
}

TEST(Examples, LabelsMayBeWeights) {
  const FeatureLayout features = layout();
  const Dataset dataset = example(features, LabelUse::kWeight);
  EXPECT_TRUE(dataset.labels().empty());
  EXPECT_EQ(dataset.weights()[5], 0.5F);
}

TEST(Examples, ARowIsAQuestion) {
  const FeatureLayout features = layout();
  const Dataset dataset = example(features, LabelUse::kNone);
  const EvaluationCase with = case_of_row(dataset, 2, true), without = case_of_row(dataset, 2, false);
  EXPECT_THAT((std::vector<int64_t>{with.user, with.history_begin, with.history_end, with.target_begin, with.target_end}), ElementsAre(4, 4, 5, 5, 6));
  EXPECT_THAT((std::vector<int64_t>{without.history_begin, without.history_end, without.target_end}), ElementsAre(4, 6, 6));
}

TEST(Examples, RepeatsAreNoticed) {
  const FeatureLayout features = layout();
  EXPECT_FALSE(example(features, LabelUse::kNone).has_repeats());
  ExampleBuilder builder(features);
  builder.add_rows({{"gender", ids({0})}, {"history", lists({{3}})}, {"item", ids({3})}, {"category", ids({1})}, {"price", ids({5})}}, "x", {}, true);
  EXPECT_TRUE(builder.build(LabelUse::kNone).has_repeats());
}

TEST(Examples, ItemsByThemselvesKeepTheirRows) {
  const FeatureLayout features = layout();
  const Dataset dataset = item_dataset(features, {{"item", ids({7, 7})}, {"category", ids({4, 4})}, {"price", ids({2, 2})}}, "x_all_item");
  EXPECT_EQ(dataset.num_items(), 2);
  EXPECT_EQ(dataset.num_events(), 0);
}

}  // namespace
}  // namespace rechub::matching
