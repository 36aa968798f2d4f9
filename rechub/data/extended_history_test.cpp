#include "rechub/data/extended_history.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/buckets.h"
#include "rechub/data/dataset_parts.h"

namespace rechub {
namespace {

using ::testing::ElementsAre;

constexpr int32_t kAnn = 2, kBen = 3;

// ann has `num_events` events of the items 2, 3, 4, ... a minute apart, ben none. Events have the time since the one before, a number, tags of two and a device.
Dataset events_of(int32_t num_events) {
  DatasetParts parts;
  parts.user_rows = 4;
  parts.item_rows = 12;
  parts.user_begin = {0, 0, 0, num_events, num_events};
  FeatureValues gap, watched, tags, device;
  gap.spec.name = "time_gap";
  gap.spec.encoding = "time_gap";
  gap.spec.boundaries = time_gap_boundaries(10, 1);
  gap.spec.rows = 12;
  watched.spec.kind = FeatureKind::kDense;
  tags.spec.kind = FeatureKind::kMulti;
  tags.offsets = {0};
  device.spec.rows = 12;
  for (FeatureValues* column : {&gap, &watched, &tags}) column->spec.role = EventRole::kHistory;
  device.spec.role = EventRole::kContext;
  for (int32_t i = 0; i < num_events; ++i) {
    parts.items.push_back(kFirstIndex + i);
    parts.times.push_back(1000 + 60 * i);
    gap.codes.push_back(i == 0 ? kUnknownIndex : bucket_code(60, gap.spec.boundaries));
    watched.values.push_back(static_cast<float>(i) / 8);
    tags.codes.insert(tags.codes.end(), {i + 2, i + 3});
    tags.offsets.push_back(2 * (i + 1));
    device.codes.push_back(i + 2);
  }
  parts.event_features = {gap, watched, tags, device};
  return Dataset::from_memory(std::move(parts));
}

SequenceBatch of_data(const Dataset& dataset, int64_t max_length) {
  const int64_t end = dataset.user_begin()[kAnn + 1];
  const Window window = case_window({kAnn, 0, end, end, end}, max_length);
  return make_sequence_batch(dataset, {&window, 1}, {max_length});
}

// The batch of a data set that has all five, but for what new events do not say.
TEST(ExtendedBatch, OwnEventsKeepTheirColumnsAndNewOnesKnowTheirTimeGaps) {
  const std::vector<NewEvent> more = {{5, 1180}, {6, 1240}};
  const SequenceBatch whole = of_data(events_of(5), 4), batch = make_extended_batch(events_of(3), kAnn, more, 4);
  EXPECT_EQ(batch.item, whole.item);
  EXPECT_EQ(batch.user, whole.user);
  for (const auto part :
       {&SequenceBatch::sequence_begin, &SequenceBatch::sequence_end, &SequenceBatch::readout_begin, &SequenceBatch::readout_end, &SequenceBatch::readout_sequence}) {
    EXPECT_EQ(batch.*part, whole.*part);
  }
  EXPECT_EQ(batch.history_columns[0].codes, whole.history_columns[0].codes);
  EXPECT_EQ(batch.history_columns[1].values[1], 0.25F);
  EXPECT_TRUE(std::isnan(batch.history_columns[1].values[2]));
  EXPECT_EQ(batch.history_columns[1].values.size(), 4u);
  EXPECT_THAT(batch.history_columns[2].codes, ElementsAre(3, 4, 4, 5));
  EXPECT_THAT(batch.history_columns[2].begin, ElementsAre(0, 2, 4, 4));
  EXPECT_THAT(batch.history_columns[2].end, ElementsAre(2, 4, 4, 4));
  EXPECT_THAT(batch.context_columns[0].codes, ElementsAre(4)) << "of the newest own event";
}

TEST(ExtendedBatch, WhereNewEventsAreMoreThanFitTheNewestStay) {
  const std::vector<NewEvent> more = {{5, 1180}, {6, 1240}, {7, 1243}};
  const SequenceBatch batch = make_extended_batch(events_of(3), kAnn, more, 2);
  EXPECT_THAT(batch.item, ElementsAre(6, 7));
  EXPECT_THAT(batch.readout_end, ElementsAre(2));
  EXPECT_THAT(batch.history_columns[0].codes, ElementsAre(bucket_code(60, time_gap_boundaries(10, 1)), bucket_code(3, time_gap_boundaries(10, 1))));
  EXPECT_THAT(batch.context_columns[0].codes, ElementsAre(4));
}

TEST(ExtendedBatch, WithoutOwnEventsTheFirstHasNoneBeforeIt) {
  const std::vector<NewEvent> more = {{5, 1180}, {6, 1240}};
  const SequenceBatch batch = make_extended_batch(events_of(3), kBen, more, 9);
  EXPECT_THAT(batch.item, ElementsAre(5, 6));
  EXPECT_THAT(batch.history_columns[0].codes, ElementsAre(kUnknownIndex, bucket_code(60, time_gap_boundaries(10, 1))));
  EXPECT_THAT(batch.context_columns[0].codes, ElementsAre(kUnknownIndex));
}

}  // namespace
}  // namespace rechub
