#include "rechub/data/prepare.h"

#include <filesystem>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/data/test_datasets.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

const LogLine kSilent = [](const std::string&) {};

template <class T>
std::vector<T> list(std::span<const T> values) {
  return {values.begin(), values.end()};
}

PrepareOptions options_for(const std::string& file) {
  PrepareOptions options;
  options.interactions = {file};
  return options;
}

TEST(Prepare, SequencesKeepTheirOrder) {
  const TestFolder folder;
  const Dataset dataset = prepare(options_for(folder.write("sequences.txt", "7 5 6 5\n3 6 9\n")), folder.path("out"), kSilent);
  EXPECT_EQ(sequences(dataset), (std::vector<std::string>{"7: 5 6 5", "3: 6 9"}));
  EXPECT_EQ(dataset.num_events(), 5);
  EXPECT_EQ(dataset.num_users(), 2);
  EXPECT_EQ(dataset.num_items(), 3);
  EXPECT_EQ(list(dataset.user_begin()), (std::vector<int64_t>{0, 0, 0, 3, 5}));
  EXPECT_EQ(list(dataset.items()), (std::vector<int32_t>{2, 3, 2, 3, 4}));
  EXPECT_TRUE(dataset.times().empty());
  EXPECT_TRUE(dataset.weights().empty());
  EXPECT_TRUE(dataset.has_repeats());
  EXPECT_TRUE(dataset.user_ids().is_integer());
}

TEST(Prepare, SortsAUsersEventsByTimeAndKeepsTheFilesOrderOfTies) {
  const TestFolder folder;
  const std::string file = folder.write("log.csv", "user_id,item_id,timestamp\na,x,30\nb,y,5\na,z,10\na,y,30\nb,x,5\na,w,20\n");
  const Dataset dataset = prepare(options_for(file), folder.path("out"), kSilent);
  EXPECT_EQ(sequences(dataset), (std::vector<std::string>{"a: z w x y", "b: y x"}));
  EXPECT_EQ(list(dataset.times()), (std::vector<int64_t>{10, 20, 30, 30, 5, 5}));
  EXPECT_FALSE(dataset.has_repeats());
}

}  // namespace
}  // namespace rechub
