#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "rechub/data/table.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using testing::EndsWith;
using testing::HasSubstr;

std::string gzipped(std::string_view text) {
  std::string result(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

Rows read_csv(const std::string& text, const std::string& name = "log.csv", const TableOptions& options = {}) {
  TestFolder folder;
  return read_rows({folder.write(name, text)}, options);
}

std::string csv_error(const std::string& text, const std::string& name = "log.csv", const TableOptions& options = {}) {
  TestFolder folder;
  const auto [kind, message] = error_of([&] { read_rows({folder.write(name, text)}, options); });
  EXPECT_EQ(kind, ErrorKind::kData) << message;
  return message.substr(std::min(message.size(), folder.path("").size()));  // from the file's name on
}

TEST(Csv, ReadsEveryColumnAsText) {
  TestFolder folder;
  const auto reader = open_table({folder.write("log.csv", "user_id,item,when\n1,007,2.50\nu2,,x\n")}, {});
  EXPECT_EQ(column_names(*reader), "user_id,item,when");
  EXPECT_EQ(reader->schema()->field(0)->type()->ToString(), "string");
  EXPECT_EQ(reader->num_rows_hint(), -1);
  EXPECT_EQ(read_rows(*reader), (Rows{{"1", "007", "2.50"}, {"u2", "", "x"}}));
}

TEST(Csv, QuotesHideDelimitersLineEndsAndQuotes) {
  EXPECT_EQ(read_csv("\"user\",\"it\"\"em\"\n\"a,b\",\"line one\nline two\"\nc,\"say \"\"hi\"\"\"\n"), (Rows{{"a,b", "line one\nline two"}, {"c", "say \"hi\""}}));
}

TEST(Csv, LineEndsMarksAndBlankLinesDoNotMatter) {
  const Rows expected = {{"1", "2"}, {"3", "4"}};
  EXPECT_EQ(read_csv("a,b\n1,2\n3,4"), expected);
  EXPECT_EQ(read_csv("a,b\r\n1,2\r\n3,4\r\n"), expected);
  EXPECT_EQ(read_csv("a,b\r1,2\r3,4\r"), expected);
  EXPECT_EQ(read_csv("\xef\xbb\xbf"
                     "a,b\n1,2\n3,4\n"),
            expected);
  EXPECT_EQ(read_csv("\n\na,b\n\n1,2\n\n3,4\n\n"), expected);
}

TEST(Csv, GuessesTheDelimiterByTheHeader) {
  const Rows expected = {{"1", "2,5"}};
  EXPECT_EQ(read_csv("a;b\n1;2,5\n"), expected);
  EXPECT_EQ(read_csv("a|b\n1|2,5\n"), expected);
  EXPECT_EQ(read_csv("a\tb\n1\t2,5\n"), expected);
  EXPECT_EQ(read_csv("\"a,x,y\";b\n1;2,5\n"), expected);
  EXPECT_EQ(read_csv("a,x\tb\n1\t2,5\n", "log.tsv"), expected);
  EXPECT_EQ(read_csv("users\n1\n2\n"), (Rows{{"1"}, {"2"}}));
}

TEST(Csv, GzipIsUndoneUnderEveryName) {
  const std::string bytes = gzipped("a,b\n1,2\n3,4\n");
  const Rows expected = {{"1", "2"}, {"3", "4"}};
  EXPECT_EQ(read_csv(bytes, "log.csv.gz"), expected);
  EXPECT_EQ(read_csv(bytes, "log.csv"), expected);
  EXPECT_EQ(read_csv(bytes, "log"), expected);
  EXPECT_EQ(read_csv(gzipped("a,b\n1,2\n") + gzipped("3,4\n"), "two_members.csv.gz"), expected);
  std::string long_text = "a,b\n";
  for (int i = 0; i < 200000; ++i) long_text += fmt::format("{},{}\n", i, i * 7);
  EXPECT_EQ(read_csv(gzipped(long_text), "long.csv.gz").back(), (std::vector<std::string>{"199999", "1399993"}));
}

TEST(Csv, ATruncatedGzipFileIsAnError) {
  std::string text = "a,b\n";
  for (int i = 0; i < 1000; ++i) text += fmt::format("{},{}\n", i, i * i);
  const std::string bytes = gzipped(text);
  for (const size_t cut : {size_t{1}, size_t{8}, bytes.size() / 2, bytes.size() - 12}) csv_error(bytes.substr(0, bytes.size() - cut), "log.csv.gz");
}

TEST(Csv, InterFilesGiveUpTheirTypes) {
  TestFolder folder;
  const auto reader = open_table({folder.write("x.inter", "user_id:token\titem_id:token\ttimestamp:float\tcats:token_seq\n1\ta\"b\t3\tx y\n")}, {});
  EXPECT_EQ(column_names(*reader), "user_id,item_id,timestamp,cats");
  EXPECT_EQ(reader->schema()->field(3)->metadata()->Get("recbole_type").ValueOrDie(), "token_seq");
  EXPECT_EQ(read_rows(*reader), (Rows{{"1", "a\"b", "3", "x y"}}));
  EXPECT_EQ(read_csv("item_id:token\tname:token_seq\n7\tred shoe\n", "x.item"), (Rows{{"7", "red shoe"}}));
}

TEST(Csv, SelectedColumnsComeAloneAndInOrder) {
  TestFolder folder;
  const auto reader = open_table({folder.write("log.csv", "a,b,c\n1,2,3\n4,5,6\n")}, {});
  reader->select({"c", "a"});
  EXPECT_EQ(column_names(*reader), "c,a");
  EXPECT_EQ(read_rows(*reader), (Rows{{"3", "1"}, {"6", "4"}}));
}

TEST(CsvErrors, NameFileRowAndWhatWasExpected) {
  EXPECT_EQ(csv_error("a,b\n1,2\n\n3\n"), "log.csv, row 2: expected 2 fields, found 1: 3 (--max-bad-rows N leaves out up to N such rows)");
  EXPECT_THAT(csv_error("a,b\n1,2\n3,4,5\n"), HasSubstr("log.csv, row 2: expected 2 fields, found 3: 3,4,5"));
  EXPECT_THAT(csv_error("a,b\n1,2\n3,caf\xe9\n"), HasSubstr("log.csv, row 2, column 'b': the text is not UTF-8: caf\\xe9"));
  EXPECT_THAT(csv_error("a,b\n\"1,2\n3,4\n"), HasSubstr("log.csv, row 1: a quote (\") is not closed where a field should end: \"1,2 (--max-bad-rows"));
}

// Two halves of one character in neighbouring rows look right only when they are put together.
TEST(CsvErrors, HalvesOfACharacterAreNotText) { EXPECT_THAT(csv_error("a,b\n1,\xc3\n2,\xa4\n"), HasSubstr("row 1, column 'b'")); }

TEST(CsvErrors, AnOpenQuoteOverMegabytesIsNamed) {
  std::string text = "a,b\n1,2\n\"3,4\n";
  for (int i = 0; i < 3000000; ++i) text += "5,6\n";
  EXPECT_THAT(csv_error(text), HasSubstr("log.csv, row 2: a quote (\") is not closed where a field should end: \"3,4"));
  EXPECT_EQ(read_csv(text, "log.csv", {.max_bad_rows = 1}).size(), 3000001U);
  EXPECT_THAT(csv_error("a,b\n1,2\n" + std::string(9 << 20, 'x') + ",4\n"), HasSubstr("log.csv, after row 1: a row is longer than 1 MB"));
}

// The line with the stray quote alone is bad, wherever that quote would close and whatever would stand in its field.
TEST(MaxBadRows, AStrayQuoteCostsItsLineOnly) {
  const TableOptions one{.max_bad_rows = 1};
  const Rows rest = {{"1", "2", "3"}, {"7", "8", "9"}, {"a", "b", "c"}};
  for (const std::string line : {"3,\"abc,16", "\"3,abc,16", "3,abc,\"16"}) {
    for (const std::string end : {"\n", "\r\n", "\r"}) {
      const std::string text = "x,y,z" + end + "1,2,3" + end + line + end + "7,8,9" + end + "a,b,c";
      EXPECT_EQ(read_csv(text, "log.csv", one), rest) << line;
      EXPECT_EQ(read_csv(text + end, "log.csv", one), rest) << line;
      EXPECT_THAT(csv_error(text), HasSubstr("log.csv, row 2: a quote (\") is not closed where a field should end: " + line));
    }
  }
  EXPECT_EQ(read_csv("x,y,z\n1,2,3\n3,\"abc,16\n7,8,9\n\"a\",\"b\",c\n", "log.csv", one), rest) << "closed by the opening quote of another row";
  EXPECT_EQ(read_csv("x,y,z\n1,2,3\n3,\"abc,16\n7,8,9\n3,\"abc,16\na,b,c\n", "log.csv", {.max_bad_rows = 2}), rest) << "closed by another stray quote";
  EXPECT_EQ(read_csv("x,y,z\n1,2,3\n7,8,9\na,b,c\n3,1,\"16", "log.csv", one), rest) << "in the last line";
}

TEST(MaxBadRows, RowsBehindAStrayQuoteKeepTheirNumbers) {
  TestFolder folder;
  std::string text = "a,b\n";
  for (int i = 1; i <= 700000; ++i) text += i % 200000 == 0 ? "\"bad,1\n" : i % 5 == 0 ? fmt::format("{},\"x\ny\"\n", i) : fmt::format("{},\"x\"\"{}\"\n", i, i);
  const auto reader = open_table({folder.write("log.csv", text)}, {.max_bad_rows = 3});
  int64_t rows = 0;
  while (const auto batch = reader->next()) {
    for (const int64_t row : {int64_t{0}, batch->num_rows() - 1}) EXPECT_THAT(reader->where(row), EndsWith("row " + batch->column(0)->GetScalar(row).ValueOrDie()->ToString()));
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, 700000 - 3);
}

TEST(CsvErrors, EmptyFilesAndMissingHeaders) {
  EXPECT_EQ(csv_error(""), "log.csv: the file is empty");
  EXPECT_THAT(csv_error("\xef\xbb\xbf"), HasSubstr("empty but for a byte order mark"));
  EXPECT_THAT(csv_error("\n\n"), HasSubstr("blank lines only"));
  EXPECT_EQ(csv_error("a,b\n"), "log.csv: there are column names but no rows");
  EXPECT_EQ(csv_error("a,b"), "log.csv: there are column names but no rows");
  EXPECT_EQ(csv_error("a,b\n\n\n"), "log.csv: there are column names but no rows");
  EXPECT_THAT(csv_error("1,2,978300760\n1,3,978302109\n"), HasSubstr("should name the columns but holds numbers only (1, 2, 978300760); put a line of names above it"));
  EXPECT_EQ(csv_error("a,b,a\n1,2,3\n"), "log.csv: two columns are called 'a'; rename one");
  EXPECT_THAT(csv_error(std::string("\xff\xfe"
                                    "a\0,\0b\0\n\0",
                                    10)),
              HasSubstr("the file is UTF-16 text"));
  EXPECT_EQ(read_csv(",a\n0,1\n"), (Rows{{"0", "1"}}));  // pandas leaves its index without a name
}

TEST(MaxBadRows, AreLeftOutAndCountedAndTheNextIsAnError) {
  TestFolder folder;
  const std::string path = folder.write("log.csv", "a,b\n1,2\nbad\n3,\xff\n4,5\n6,7,8\n9,10\n");
  TableOptions options;
  options.max_bad_rows = 3;
  const auto reader = open_table({path}, options);
  const auto batch = reader->next();
  ASSERT_EQ(batch->num_rows(), 3);
  EXPECT_EQ(reader->num_bad_rows(), 3);
  EXPECT_THAT(reader->where(0), EndsWith("log.csv, row 1"));
  EXPECT_THAT(reader->where(1), EndsWith("log.csv, row 4"));
  EXPECT_THAT(reader->where(2), EndsWith("log.csv, row 6"));
  const auto [kind, message] = error_of([&] { reader->skip_bad_row(2, "b", "not a number: 10"); });
  EXPECT_THAT(message, EndsWith("log.csv, row 6, column 'b': not a number: 10 (this is bad row 4, and --max-bad-rows allows 3)"));

  options.max_bad_rows = 2;
  EXPECT_THAT(error_of([&] { read_rows({path}, options); }).second, HasSubstr("this is bad row 3, and --max-bad-rows allows 2"));
}

TEST(MaxBadRows, CountOverAllFilesAndAFileOfNothingElseIsAnError) {
  TestFolder folder;
  folder.write("log/1.csv", "a,b\n1\n2,3\n");
  folder.write("log/2.csv", "a,b\n4,5\n6\n");
  TableOptions options;
  options.max_bad_rows = 2;
  EXPECT_EQ(read_rows({folder.path("log")}, options), (Rows{{"2", "3"}, {"4", "5"}}));
  options.max_bad_rows = 1;
  EXPECT_THAT(error_of([&] { read_rows({folder.path("log")}, options); }).second, HasSubstr("2.csv, row 2"));
  options.max_bad_rows = 9;
  EXPECT_THAT(csv_error("a,b\n1\n2\n", "log.csv", options), HasSubstr("there is no readable row (2 bad ones)"));
}

// Over Arrow's blocks of 1 MB, which are parsed ahead.
TEST(Csv, RowsKeepTheirNumbersInLongFiles) {
  TestFolder folder;
  std::string text = "a,b\n";
  for (int i = 1; i <= 900000; ++i) text += i % 300000 == 0 ? "bad\n" : fmt::format("{},x{}\n", i, i);
  TableOptions options;
  options.max_bad_rows = 3;
  const auto reader = open_table({folder.write("log.csv", text)}, options);
  int64_t rows = 0, batches = 0;
  while (const auto batch = reader->next()) {
    ++batches;
    for (const int64_t row : {int64_t{0}, batch->num_rows() - 1}) EXPECT_THAT(reader->where(row), EndsWith("row " + batch->column(0)->GetScalar(row).ValueOrDie()->ToString()));
    rows += batch->num_rows();
    const int64_t last = std::stoll(batch->column(0)->GetScalar(batch->num_rows() - 1).ValueOrDie()->ToString());
    EXPECT_EQ(reader->num_bad_rows(), last / 300000) << "those of blocks that were read ahead do not count yet";
  }
  EXPECT_EQ(rows, 900000 - 3);
  EXPECT_GT(batches, 2);
}

}  // namespace
}  // namespace rechub
