#include <arrow/builder.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/table.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using testing::EndsWith;
using testing::HasSubstr;

TEST(Parquet, TypesAndMissingValuesPassThrough) {
  TestFolder folder;
  arrow::DoubleBuilder ratings;
  ASSERT_TRUE(ratings.Append(0.5).ok() && ratings.AppendNull().ok());
  const int64_t beyond_double = (int64_t{1} << 53) + 1;
  write_parquet(folder.path("x.parquet"), table_of({{"user", int64_array({beyond_double, -2})}, {"item", text_array({"a", "Käse"})}, {"rating", ratings.Finish().ValueOrDie()}}));
  const auto reader = open_table({folder.path("x.parquet")}, {});
  EXPECT_EQ(reader->schema()->ToString(), "user: int64\nitem: string\nrating: double");
  EXPECT_EQ(reader->num_rows_hint(), 2);
  EXPECT_EQ(read_rows(*reader), (Rows{{"9007199254740993", "a", "0.5"}, {"-2", "Käse", "null"}}));
}

TEST(Parquet, DictionariesDifferFromGroupToGroup) {
  TestFolder folder;
  arrow::StringDictionaryBuilder builder;
  for (const char* value : {"a", "b", "c", "a"}) ASSERT_TRUE(builder.Append(value).ok());
  write_parquet(folder.path("x.parquet"), table_of({{"item", builder.Finish().ValueOrDie()}}), 2);
  const auto reader = open_table({folder.path("x.parquet")}, {});
  std::vector<std::string> values;
  while (const auto batch = reader->next()) {
    const auto& column = static_cast<const arrow::DictionaryArray&>(*batch->column(0));
    for (int64_t row = 0; row < column.length(); ++row) values.push_back(static_cast<const arrow::StringArray&>(*column.dictionary()).GetString(column.GetValueIndex(row)));
  }
  EXPECT_EQ(values, (std::vector<std::string>{"a", "b", "c", "a"}));
}

TEST(Parquet, StreamsBatchesAndNumbersRows) {
  TestFolder folder;
  std::vector<int64_t> numbers(200000);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i) + 1;
  write_parquet(folder.path("x.parquet"), table_of({{"n", int64_array(numbers)}}), 90000);
  const auto reader = open_table({folder.path("x.parquet")}, {});
  int64_t rows = 0;
  while (const auto batch = reader->next()) {
    ASSERT_LE(batch->num_rows(), 1 << 16);
    EXPECT_THAT(reader->where(batch->num_rows() - 1), EndsWith("x.parquet, row " + batch->column(0)->GetScalar(batch->num_rows() - 1).ValueOrDie()->ToString()));
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, 200000);
}

TEST(Parquet, SelectedColumnsComeAloneAndInOrder) {
  TestFolder folder;
  const auto lists = std::make_shared<arrow::Int64Builder>();
  arrow::ListBuilder list_builder(arrow::default_memory_pool(), lists);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(list_builder.Append().ok() && lists->AppendValues({i, i + 1}).ok());
  write_parquet(folder.path("x.parquet"),
                table_of({{"a", int64_array({1, 2})}, {"tags", list_builder.Finish().ValueOrDie()}, {"b", text_array({"x", "y"})}, {"c", int64_array({3, 4})}}));
  const auto reader = open_table({folder.path("x.parquet")}, {});
  reader->select({"c", "tags", "a"});
  EXPECT_EQ(column_names(*reader), "c,tags,a");
  EXPECT_EQ(read_rows(*reader), (Rows{{"3", "list<element: int64>[0, 1]", "1"}, {"4", "list<element: int64>[1, 2]", "2"}}));
}

TEST(Parquet, ADirectoryIsItsPartsInNameOrderWithItsKeys) {
  TestFolder folder;
  for (const char* name :
       {"log/day=2/part-0.parquet", "log/day=1/part-1.parquet", "log/day=1/part-0.parquet", "log/day=__HIVE_DEFAULT_PARTITION__/p.parquet", "log/_temporary/x.parquet"})
    folder.write(name, "");
  folder.write("log/_SUCCESS", "");
  folder.write("log/.part-0.parquet.crc", "checksum");
  folder.write("log/day=1/empty.parquet", "");
  write_parquet(folder.path("log/day=2/part-0.parquet"), table_of({{"user", int64_array({3})}, {"item", int64_array({30})}}));
  write_parquet(folder.path("log/day=1/part-1.parquet"), table_of({{"item", int64_array({20})}, {"user", int64_array({2})}}));  // another order
  write_parquet(folder.path("log/day=1/part-0.parquet"), table_of({{"user", int64_array({1})}, {"item", int64_array({10})}}));
  write_parquet(folder.path("log/day=__HIVE_DEFAULT_PARTITION__/p.parquet"), table_of({{"user", int64_array({4})}, {"item", int64_array({40})}}));
  const auto reader = open_table({folder.path("log")}, {});
  EXPECT_EQ(column_names(*reader), "user,item,day");
  EXPECT_EQ(reader->num_rows_hint(), 4);
  EXPECT_EQ(read_rows(*reader), (Rows{{"1", "10", "1"}, {"2", "20", "1"}, {"3", "30", "2"}, {"4", "40", "null"}}));

  const auto keys = open_table({folder.path("log")}, {});
  keys->select({"day"});
  EXPECT_EQ(read_rows(*keys), (Rows{{"1"}, {"1"}, {"2"}, {"null"}}));
}

TEST(Parquet, KeysAreDecodedAndColumnsOfTheFileWin) {
  TestFolder folder;
  folder.write("log/city=S%C3%A3o%20Paulo/user=9/p.parquet", "");
  write_parquet(folder.path("log/city=S%C3%A3o%20Paulo/user=9/p.parquet"), table_of({{"user", int64_array({1})}}));
  EXPECT_EQ(read_rows({folder.path("log")}), (Rows{{"1", "São Paulo"}}));
}

TEST(Parquet, PartsOfOneTableHoldTheSameColumns) {
  TestFolder folder;
  write_parquet(folder.path("1.parquet"), table_of({{"user", int64_array({1})}, {"item", int64_array({10})}}));
  write_parquet(folder.path("2.parquet"), table_of({{"user", int64_array({1})}}));
  write_parquet(folder.path("3.parquet"), table_of({{"user", int64_array({1})}, {"item", text_array({"x"})}}));
  const auto message = [&](const std::string& first, const std::string& second) { return error_of([&] { open_table({folder.path(first), folder.path(second)}, {}); }).second; };
  EXPECT_THAT(message("1.parquet", "2.parquet"), AllOf(HasSubstr("2.parquet: the column 'item' is missing, which"), HasSubstr("1.parquet has")));
  EXPECT_THAT(message("2.parquet", "1.parquet"), HasSubstr("1.parquet: the column 'item' is not in"));
  EXPECT_THAT(message("1.parquet", "3.parquet"), HasSubstr("3.parquet: the column 'item' holds string, but in"));
}

TEST(Parquet, FilesWithoutRowsAndOtherFilesAreRefused) {
  TestFolder folder;
  write_parquet(folder.path("none.parquet"), table_of({{"user", int64_array({})}}));
  EXPECT_THAT(error_of([&] { open_table({folder.path("none.parquet")}, {}); }).second, HasSubstr("no rows"));
  EXPECT_THAT(error_of([&] { open_table({folder.write("text.parquet", "user,item\n1,2\n")}, {}); }).second, HasSubstr("text.parquet: not a readable Parquet file"));
  write_parquet(folder.path("twice.parquet"), table_of({{"a", int64_array({1})}, {"a", int64_array({2})}}));
  EXPECT_THAT(error_of([&] { open_table({folder.path("twice.parquet")}, {}); }).second, HasSubstr("two columns are called 'a'"));
}

}  // namespace
}  // namespace rechub
