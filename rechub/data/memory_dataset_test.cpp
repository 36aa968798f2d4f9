#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/batch.h"
#include "rechub/data/dataset_parts.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;

// Three users of one target each: histories 3 4 5, 3 and none, targets 6, 4 and 5, labels 1, 0 and .5; items have a price.
Dataset three_examples() {
  DatasetParts parts;
  parts.user_rows = 5;
  parts.item_rows = 7;
  parts.user_begin = {0, 0, 0, 4, 6, 7};
  parts.items = {3, 4, 5, 6, 3, 4, 5};
  parts.labels = {0, 0, 0, 1, 0, 0, 0.5};
  FeatureValues price;
  price.spec.name = "price";
  price.spec.kind = FeatureKind::kDense;
  price.values = {0, 0, 2, 3, 4, 5, 6};
  parts.item_features.push_back(price);
  return Dataset::from_memory(std::move(parts));
}

Split one_target_split(const Dataset& dataset) {
  Split split;
  split.one_target = true;
  split.train_end.assign(dataset.user_begin().begin() + 1, dataset.user_begin().end());
  return split;
}

TEST(MemoryDataset, HoldsWhatItWasGiven) {
  const Dataset dataset = three_examples();
  EXPECT_EQ(dataset.num_users(), 3);
  EXPECT_EQ(dataset.num_items(), 5);
  EXPECT_EQ(dataset.num_events(), 7);
  EXPECT_EQ(dataset.directory(), "");
  EXPECT_TRUE(dataset.weights().empty());
  ASSERT_EQ(dataset.item_features().size(), 1u);
  EXPECT_EQ(dataset.item_features()[0].values[4], 4);
}

TEST(MemoryDataset, OneTargetAUserMakesOneWindowEach) {
  const Dataset dataset = three_examples();
  for (bool causal : {false, true}) {
    const auto windows = training_windows(dataset, one_target_split(dataset), {.max_length = 2}, causal);
    ASSERT_EQ(windows.size(), 3u);
    const auto fields = [](const Window& window) { return std::vector<int64_t>{window.user, window.begin, window.end, window.target_begin, window.target_end}; };
    EXPECT_THAT(fields(windows[0]), ElementsAre(2, 1, 3, 3, 4));
    EXPECT_THAT(fields(windows[1]), ElementsAre(3, 4, 5, 5, 6));
    EXPECT_THAT(fields(windows[2]), ElementsAre(4, 6, 6, 6, 7));
  }
}

TEST(MemoryDataset, UsersThatDoNotTrainHaveNoWindow) {
  const Dataset dataset = three_examples();
  Split split = one_target_split(dataset);
  split.train_end[3] = dataset.user_begin()[3];
  const auto windows = training_windows(dataset, split, {.max_length = 10}, true);
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[1].user, 4);
}

TEST(MemoryDataset, AnEmptyHistoryHasItsTargetToo) {
  const Dataset dataset = three_examples();
  const HistoryRule rule = {.max_length = 10};
  const SequenceBatch batch = make_sequence_batch(dataset, training_windows(dataset, one_target_split(dataset), rule, false), rule);
  EXPECT_THAT(batch.item, ElementsAre(3, 4, 5, 3));
  EXPECT_THAT(batch.target, ElementsAre(6, 4, 5));
  EXPECT_THAT(batch.label, ElementsAre(1, 0, 0.5));
  EXPECT_THAT(batch.readout_begin, ElementsAre(0, 3, 4));
  EXPECT_THAT(batch.readout_end, ElementsAre(3, 4, 4));
  EXPECT_TRUE(batch.weight.empty());
}

}  // namespace
}  // namespace rechub
