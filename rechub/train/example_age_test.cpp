#include "rechub/train/example_age.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/bundle/bundle.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/models/registry.h"
#include "rechub/train/eight_sequences.h"

namespace rechub {
namespace {

// Two users with events at 100, 200, 400 and 150, 300, 900; the last of the second does not train.
Dataset timed() {
  DatasetParts parts;
  parts.user_rows = 4;
  parts.item_rows = 8;
  parts.user_begin = {0, 0, 0, 3, 6};
  parts.items = {2, 3, 4, 5, 6, 7};
  parts.times = {100, 200, 400, 150, 300, 900};
  return Dataset::from_memory(std::move(parts));
}

BuiltModel youtube_dnn(const Dataset& dataset, bool example_age) {
  auto builder = find_model("youtube_dnn").builder();
  options_from_json({{"example_age", example_age}}, [&](OptionVisitor& visitor) { builder->describe(visitor); });
  return build_model(*builder, make_schema(dataset), {}, 1);
}

TEST(ExampleAge, IsZeroForTheNewestTrainingEventAndOneForTheOldest) {
  const Dataset dataset = timed();
  Split split = all_training(dataset);
  split.train_end[3] = 5;
  const ExampleAge age(dataset, split, *youtube_dnn(dataset, true).model);
  const int64_t events[] = {0, 1, 2, 3, 4};
  const std::vector<float> ages = age.of(events), expected = {1, 200.0f / 300, 0, 250.0f / 300, 100.0f / 300};
  ASSERT_EQ(ages.size(), expected.size());
  for (size_t i = 0; i < ages.size(); ++i) EXPECT_FLOAT_EQ(ages[i], expected[i]);
}

TEST(ExampleAge, IsAskedForByTheModelAndNeedsTimes) {
  const int64_t events[] = {0, 1};
  const Dataset dataset = timed(), without = eight_sequences();
  EXPECT_TRUE(ExampleAge(dataset, all_training(dataset), *youtube_dnn(dataset, false).model).of(events).empty());
  EXPECT_TRUE(ExampleAge(without, all_training(without), *youtube_dnn(without, false).model).of(events).empty());
  EXPECT_THROW(ExampleAge(without, all_training(without), *youtube_dnn(without, true).model), Error);
}

}  // namespace
}  // namespace rechub
