#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/clock.h"
#include "rechub/data/table.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using testing::EndsWith;
using testing::HasSubstr;

TableOptions format(const std::string& name, int64_t max_bad_rows = 0) {
  TableOptions options;
  options.format = name;
  options.max_bad_rows = max_bad_rows;
  return options;
}

TEST(Sequences, GiveOneRowAnItemInFileOrder) {
  TestFolder folder;
  const std::string path = folder.write("s.txt", "u1 10 11  12\r\n\n\tu2 7 \nu1 13");
  const auto reader = open_table({path}, format("sequences"));
  EXPECT_EQ(reader->schema()->ToString(), "user: string not null\nitem: string not null");
  EXPECT_EQ(read_rows(*reader), (Rows{{"u1", "10"}, {"u1", "11"}, {"u1", "12"}, {"u2", "7"}, {"u1", "13"}}));
}

TEST(Sequences, RowsKnowTheirLine) {
  TestFolder folder;
  const auto reader = open_table({folder.write("s.txt", "u1 10 11\n\nu2 7\n")}, format("sequences"));
  ASSERT_EQ(reader->next()->num_rows(), 3);
  EXPECT_THAT(reader->where(1), EndsWith("s.txt, line 1"));
  EXPECT_THAT(reader->where(2), EndsWith("s.txt, line 3"));
}

TEST(Sessions, NumberTheirLinesFromOne) {
  TestFolder folder;
  const auto reader = open_table({folder.write("s.txt", "5 6 5\n\n7\n")}, format("sessions"));
  EXPECT_EQ(reader->schema()->ToString(), "user: int64 not null\nitem: string not null");
  EXPECT_EQ(read_rows(*reader), (Rows{{"1", "5"}, {"1", "6"}, {"1", "5"}, {"3", "7"}}));
}

TEST(Sequences, SelectedColumnsComeAlone) {
  TestFolder folder;
  const auto reader = open_table({folder.write("s.txt", "u 1 2\n")}, format("sequences"));
  reader->select({"item"});
  EXPECT_EQ(read_rows(*reader), (Rows{{"1"}, {"2"}}));
}

TEST(Sequences, BadLinesAreNamedOrLeftOut) {
  TestFolder folder;
  const std::string path = folder.write("s.txt", "u1 10\nu2\n\xffu3 4 5\nu4 \xff 6\n");
  EXPECT_THAT(error_of([&] { read_rows({path}, format("sequences")); }).second,
              HasSubstr("s.txt, line 2: expected a user and the items of the user, found only 'u2' (--max-bad-rows"));
  EXPECT_THAT(error_of([&] { read_rows({path}, format("sequences", 1)); }).second, HasSubstr("s.txt, line 3, user: the text is not UTF-8: \\xffu3"));
  EXPECT_THAT(error_of([&] { read_rows({path}, format("sequences", 2)); }).second, HasSubstr("s.txt, line 4, item 1: the text is not UTF-8: \\xff"));
  EXPECT_EQ(read_rows({path}, format("sequences", 3)), (Rows{{"u1", "10"}, {"u4", "6"}}));
}

TEST(Sequences, FilesWithoutRowsAreErrors) {
  TestFolder folder;
  for (const char* text : {"", "\n", " \n\t\n"}) {
    EXPECT_EQ(error_of([&] { read_rows({folder.write("s.txt", text)}, format("sequences")); }).first, ErrorKind::kData);
    EXPECT_EQ(error_of([&] { read_rows({folder.write("s.txt", text)}, format("sessions")); }).first, ErrorKind::kData);
  }
}

TEST(Sequences, OneLineOfTenMillionItemsStreams) {
  TestFolder folder;
  constexpr int64_t kItems = 10'000'000;
  std::string text = "u";
  text.reserve(6 * kItems);
  for (int64_t i = 0; i < kItems; ++i) text.append(" ").append(std::to_string(i % 1000));
  const std::string path = folder.write("s.txt", text);
  const int64_t before = peak_rss_bytes();
  const auto reader = open_table({path}, format("sequences"));
  int64_t count = 0;
  while (const auto batch = reader->next()) {
    ASSERT_LE(batch->num_rows(), 1 << 16);
    const auto last = batch->column(1)->GetScalar(batch->num_rows() - 1).ValueOrDie()->ToString();
    count += batch->num_rows();
    ASSERT_EQ(last, std::to_string((count - 1) % 1000));
  }
  EXPECT_EQ(count, kItems);
  EXPECT_LT(peak_rss_bytes() - before, int64_t{50} << 20);
}

TEST(Sequences, AWordWithoutEndIsRefused) {
  TestFolder folder;
  EXPECT_THAT(error_of([&] { read_rows({folder.write("s.txt", std::string(3 << 20, 'x'))}, format("sessions")); }).second, HasSubstr("this is no file of blank-separated ids"));
}

}  // namespace
}  // namespace rechub
