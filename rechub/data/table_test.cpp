#include "rechub/data/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/base/interruption.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using testing::EndsWith;
using testing::HasSubstr;

std::string columns_of(const std::string& path) { return column_names(*open_table({path}, {})); }

TEST(OpenTable, TellsTheFormatByNameThenByTheFirstLine) {
  TestFolder folder;
  EXPECT_EQ(columns_of(folder.write("a.CSV", "a,b\n1,2\n")), "a,b");
  EXPECT_EQ(columns_of(folder.write("a.tsv", "a,b\tc\n1\t2\n")), "a,b,c");
  EXPECT_EQ(columns_of(folder.write("a.item", "id:token\tn:float\n1\t2\n")), "id,n");
  EXPECT_EQ(columns_of(folder.write("a.log", "user_id:token\tn:float\n1\t2\n")), "user_id,n");
  EXPECT_EQ(columns_of(folder.write("part-0000", "a;b\n1;2\n")), "a,b");
  EXPECT_EQ(columns_of(folder.write("my_sequences.txt", "1 2 3\n")), "user,item");
  EXPECT_EQ(open_table({folder.write("Sessions.txt", "1 2 3\n")}, {})->schema()->field(0)->type()->ToString(), "int64");
  write_parquet(folder.path("part-0001"), arrow::Table::Make(arrow::schema({arrow::field("n", arrow::null())}), {std::make_shared<arrow::NullArray>(3)}));
  EXPECT_EQ(columns_of(folder.path("part-0001")), "n");
}

TEST(OpenTable, ReadingCanBeInterrupted) {
  TestFolder folder;
  const auto reader = open_table({folder.write("a.csv", "a,b\n1,2\n")}, {});
  const InterruptionScope scope([] { return true; });
  EXPECT_THROW(reader->next(), Interrupted);
}

TEST(OpenTable, AsksWhereItCannotTell) {
  TestFolder folder;
  const auto message = [&](const std::string& name, const std::string& text) {
    const auto [kind, message] = error_of([&] { open_table({folder.write(name, text)}, {}); });
    EXPECT_EQ(kind, ErrorKind::kUsage);
    return message;
  };
  EXPECT_THAT(message("train.txt", "1 2 3\n"), HasSubstr("say --format sequences if each begins with the user (user item item ...), --format sessions if each holds items only"));
  EXPECT_THAT(message("movies.dat", "1::Toy Story (1995)::Comedy\n"), HasSubstr("separated by '::', which is not read"));
  EXPECT_THAT(message("x", "one\n"), HasSubstr("cannot tell the format by the name or by the first line (one); say it with --format"));
  TableOptions options;
  options.format = "parket";
  EXPECT_EQ(error_of([&] { open_table({folder.path("x")}, options); }),
            (std::pair{ErrorKind::kUsage, std::string("unknown format 'parket' (did you mean parquet?); the known ones are auto, csv, tsv, parquet, inter, sequences, sessions")}));
  EXPECT_EQ(error_of([&] { open_table({folder.write("noise", "\xff\xd8\xff\xe0 JFIF")}, {}); }).first, ErrorKind::kData);
}

TEST(OpenTable, MissingFilesBringTheNearestName) {
  TestFolder folder;
  folder.write("interactions.csv", "a\n1\n");
  EXPECT_EQ(error_of([&] { open_table({folder.path("interaction.csv")}, {}); }),
            (std::pair{ErrorKind::kNotFound, folder.path("interaction.csv") + ": no such file; did you mean " + folder.path("interactions.csv") + "?"}));
  EXPECT_EQ(error_of([&] { open_table({folder.path("quux.bin")}, {}); }), (std::pair{ErrorKind::kNotFound, folder.path("quux.bin") + ": no such file"}));
  EXPECT_THAT(error_of([&] { open_table({folder.path("no/such.csv")}, {}); }).second, EndsWith("and no folder " + folder.path("no")));
  EXPECT_EQ(error_of([&] { open_table({}, {}); }).first, ErrorKind::kUsage);
}

TEST(OpenTable, ADirectoryIsReadInNameOrderAndAnEmptyOneRefused) {
  TestFolder folder;
  folder.write("log/b.csv", "item,user\n20,2\n");
  folder.write("log/a.csv", "user,item\n1,10\n");
  folder.write("log/c.csv", "user,item\n");
  folder.write("log/.hidden.csv", "nothing");
  folder.write("log/_SUCCESS", "");
  folder.write("log/day=3/x.csv", "");
  EXPECT_EQ(read_rows({folder.path("log")}), (Rows{{"1", "10"}, {"2", "20"}}));
  folder.write("empty/_SUCCESS", "");
  folder.write("empty/part.csv", "");
  const auto [kind, message] = error_of([&] { open_table({folder.path("empty")}, {}); });
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_THAT(message, HasSubstr("the directory holds no file of rows"));
}

TEST(OpenTable, SeveralFilesAreOneTable) {
  TestFolder folder;
  const auto a = folder.write("a.csv", "user,item\n1,10\n2,20\n"), b = folder.write("b.tsv", "item\tuser\n30\t3\n");
  const auto reader = open_table({a, b}, {});
  EXPECT_EQ(reader->next()->num_rows(), 2);
  EXPECT_EQ(reader->where(1), a + ", row 2");
  EXPECT_EQ(reader->next()->num_rows(), 1);
  EXPECT_EQ(reader->where(0), b + ", row 1");
  EXPECT_EQ(reader->next(), nullptr);
  EXPECT_THAT(error_of([&] { open_table({a, folder.write("c.csv", "user,itm\n1,2\n")}, {}); }).second, HasSubstr("c.csv: the column 'item' is missing"));
}

}  // namespace
}  // namespace rechub
