#include "rechub/train/shown_negatives.h"

#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/train/eight_sequences.h"

namespace rechub {
namespace {

// User 2: shows 3, 4, takes 5, shows 4, 6, takes 7, shows 5 (taken before), 8, and an event that does not train. User 3 takes 3 and 4.
Dataset shown() {
  DatasetParts parts;
  parts.user_rows = 4;
  parts.item_rows = 10;
  parts.user_begin = {0, 0, 0, 9, 11};
  parts.items = {3, 4, 5, 4, 6, 7, 5, 8, 9, 3, 4};
  parts.weights = {0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1};
  return Dataset::from_memory(std::move(parts));
}

TEST(ShownNegatives, AreTheNearestThatTheUserDidNotTake) {
  const Dataset dataset = shown();
  Split split = all_training(dataset);
  split.train_end[2] = 8;
  SequenceBatch batch;
  batch.user = {2, 3};
  batch.readout_sequence = {0, 0, 1};
  batch.target_event = {2, 5, 10};
  EXPECT_EQ(shown_negatives(dataset, split, batch, 2), (std::vector<int64_t>{4, 3, 6, 4, 4, 4}));
  EXPECT_EQ(shown_negatives(dataset, split, batch, 5), (std::vector<int64_t>{4, 3, 6, 8, 5, 6, 4, 8, 3, 7, 4, 4, 4, 4, 4}));
}

TEST(ShownNegatives, DataWithoutSuchEventsIsRefused) {
  check_shown_negatives(shown());
  EXPECT_THROW(check_shown_negatives(eight_sequences()), Error);
}

}  // namespace
}  // namespace rechub
