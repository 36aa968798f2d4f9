#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "rechub/data/cells.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

struct Outcomes {
  int read = 0, refused = 0;
};

// Reads the whole file as a preparer would, every cell in every way. It may only end well or with an Error.
void read_all(const std::string& path, const TableOptions& options, Outcomes& outcomes) {
  try {
    const auto reader = open_table({path}, options);
    while (const auto batch = reader->next()) {
      for (int column = 0; column < batch->num_columns(); ++column) {
        Cells cells(*reader, *batch, column);
        for (int64_t row = 0; row < batch->num_rows(); ++row) {
          cells.text(row);
          cells.integer(row);
          cells.number(row);
          cells.time(row);
          reader->where(row);
        }
      }
    }
    ++outcomes.read;
  } catch (const Error& error) {
    EXPECT_NE(error.kind(), ErrorKind::kInternal) << error.what();
    ++outcomes.refused;
  }
}

struct Sample {
  const char* name;
  const char* format;
  std::string bytes;
};

std::vector<Sample> text_samples() {
  return {{"a.csv", "auto", "\xef\xbb\xbfuser,\"it\"\"em\",time\r\nu1,\"a\r\nb\",2014-07-23T10:00:00Z\r\nK\xc3\xa4se,,1.5\r\n"},
          {"a.inter", "auto", "user_id:token\titem_id:token\ttags:token_seq\n1\t2\tx y\n3\t4\t\n"},
          {"a.txt", "sequences", "u1 10 11 12\nu2 7\n"},
          {"a.txt", "sessions", "5 6 5\n\n7\n"},
          {"part-0", "auto", "user|item\n1|2\n"}};
}

TEST(DamagedFiles, EveryPrefixOfATextFileIsReadOrRefused) {
  TestFolder folder;
  for (const Sample& sample : text_samples()) {
    for (const int64_t max_bad_rows : {0, 1000}) {
      const TableOptions options{sample.format, max_bad_rows};
      Outcomes outcomes;
      for (size_t size = 0; size <= sample.bytes.size(); ++size) read_all(folder.write(sample.name, sample.bytes.substr(0, size)), options, outcomes);
      EXPECT_GT(outcomes.refused, 0) << sample.name;
      EXPECT_EQ(outcomes.read + outcomes.refused, static_cast<int>(sample.bytes.size()) + 1);
    }
  }
}

TEST(DamagedFiles, EveryByteOfATextFileMayFlip) {
  TestFolder folder;
  for (const Sample& sample : text_samples()) {
    Outcomes outcomes;
    for (size_t i = 0; i < sample.bytes.size(); ++i) {
      for (const int mask : {0x01, 0x08, 0x20, 0x80, 0xff, static_cast<int>(static_cast<unsigned char>(sample.bytes[i]))}) {
        std::string flipped = sample.bytes;
        flipped[i] = static_cast<char>(flipped[i] ^ mask);
        read_all(folder.write(sample.name, flipped), {sample.format, 1000}, outcomes);
      }
    }
    EXPECT_GT(outcomes.read, 0) << sample.name;
  }
}

std::string parquet_sample(const TestFolder& folder) {
  arrow::Int64Builder users;
  arrow::StringDictionaryBuilder items;
  arrow::DoubleBuilder ratings;
  for (int i = 0; i < 40; ++i) check_arrow(users.Append(i / 3) & items.Append(i % 2 == 0 ? "even" : "odd") & (i % 7 == 0 ? ratings.AppendNull() : ratings.Append(i / 2.0)), "test");
  const arrow::ArrayVector columns = {users.Finish().ValueOrDie(), items.Finish().ValueOrDie(), ratings.Finish().ValueOrDie()};
  const auto schema = arrow::schema({arrow::field("user", arrow::int64()), arrow::field("item", columns[1]->type()), arrow::field("rating", arrow::float64())});
  write_parquet(folder.path("whole.parquet"), arrow::Table::Make(schema, columns), 16);
  return folder.read("whole.parquet");
}

TEST(DamagedFiles, EveryPrefixOfAParquetFileIsRefused) {
  TestFolder folder;
  const std::string bytes = parquet_sample(folder);
  Outcomes outcomes;
  for (size_t size = 0; size < bytes.size(); ++size) read_all(folder.write("cut.parquet", bytes.substr(0, size)), {}, outcomes);
  EXPECT_EQ(outcomes.read, 0);
  EXPECT_EQ(outcomes.refused, static_cast<int>(bytes.size()));
}

}  // namespace
}  // namespace rechub
