#include "rechub/data/memory_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/error.h"
#include "rechub/data/prepare.h"
#include "rechub/data/table.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

using testing::HasSubstr;

// Two users with three events each; the first two columns are named `user` and `item`.
std::shared_ptr<arrow::Table> events(const std::string& user = "user", const std::string& item = "item") {
  return table_of({{user, text_array({"a", "a", "a", "b", "b", "b"})}, {item, int64_array({1, 2, 3, 2, 3, 1})}, {"time", int64_array({10, 20, 30, 10, 20, 30})}});
}

TEST(MemoryTable, IsReadInPlace) {
  const auto table = events();
  const MemoryTable memory("events", table);
  const auto reader = open_table({memory.path()}, {});
  reader->select({"item"});
  const auto batch = reader->next();
  EXPECT_EQ(static_cast<const arrow::Int64Array&>(*batch->column(0)).raw_values(), static_cast<const arrow::Int64Array&>(*table->column(1)->chunk(0)).raw_values());
  EXPECT_EQ(reader->where(2), "events, row 2 (from 0)");
  EXPECT_EQ(reader->next(), nullptr);
}

TEST(MemoryTable, GivesTheDataSetOfItsFile) {
  TestFolder folder;
  write_parquet(folder.path("events.parquet"), events());
  const MemoryTable memory("events", events());
  PrepareOptions from_file, from_memory;
  from_file.interactions = {folder.path("events.parquet")};
  from_memory.interactions = {memory.path()};
  const Dataset file = prepare(from_file, folder.path("file"), [](const std::string&) {});
  const Dataset table = prepare(from_memory, folder.path("memory"), [](const std::string&) {});
  EXPECT_EQ(std::vector<int32_t>(table.items().begin(), table.items().end()), std::vector<int32_t>(file.items().begin(), file.items().end()));
  EXPECT_EQ(std::vector<int64_t>(table.times().begin(), table.times().end()), (std::vector<int64_t>{10, 20, 30, 10, 20, 30}));
  EXPECT_EQ(table.user_ids().text(3), "b");
}

TEST(MemoryTable, ErrorsNameTheTable) {
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message([] { const MemoryTable twice("my table", events("user", "user")); }), HasSubstr("my table: two columns are called 'user'"));
  std::string path;
  {
    const MemoryTable memory("events", events());
    path = memory.path();
  }
  EXPECT_THAT(message([&] { open_table({path}, {}); }), HasSubstr("not in memory any more"));
  TestFolder folder;
  const MemoryTable nothing("my table", events()->Slice(0, 0));
  PrepareOptions options;
  options.interactions = {nothing.path()};
  EXPECT_THAT(message([&] { prepare(options, folder.path("x"), [](const std::string&) {}); }), testing::StartsWith("my table: there are column names but no rows"));

  const MemoryTable strange("my table", table_of({{"who", int64_array({1})}, {"what", int64_array({1})}})), known("events", events());
  const auto said = [&](const std::vector<std::string>& interactions, const std::vector<std::string>& features, const std::string& sequence,
                        const std::vector<std::string>& context) {
    PrepareOptions wanted;
    wanted.interactions = interactions, wanted.item_features = features, wanted.context_cols = context;
    if (!sequence.empty()) wanted.sequences = {"carts=" + sequence};
    return message([&] { prepare(wanted, folder.path("x"), [](const std::string&) {}); });
  };
  EXPECT_THAT(said({strange.path()}, {}, "", {}), testing::StartsWith("my table: no column looks like the user"));
  EXPECT_THAT(said({known.path(), strange.path()}, {}, "", {}), testing::StartsWith("my table: the column 'user' is missing, which events has"));
  EXPECT_THAT(said({known.path()}, {strange.path()}, "", {}), testing::StartsWith("my table: no column looks like the item's id"));
  EXPECT_THAT(said({known.path()}, {}, "", {"device"}), testing::StartsWith("events: unknown column 'device'"));
  EXPECT_THAT(said({known.path()}, {}, strange.path(), {}), testing::StartsWith("my table: no column looks like the user of the sequence 'carts'"));
  EXPECT_THAT(said({known.path()}, {}, known.path() + ":colour", {}), testing::StartsWith("events: unknown column 'colour'"));
  const MemoryTable elsewhere("elsewhere", table_of({{"item", int64_array({77})}, {"size", int64_array({1})}}));
  EXPECT_THAT(said({known.path()}, {elsewhere.path()}, "", {}), testing::StartsWith("elsewhere: none of its 1 ids occurs"));
  EXPECT_EQ(said({known.path()}, {}, known.path() + ":item", {}), "");
}

}  // namespace
}  // namespace rechub
