#include <cstdlib>
#include <filesystem>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rechub/data/cells.h"
#include "rechub/data/table.h"
#include "rechub/data/test_files.h"
#include "rechub/data/vocabulary.h"

namespace rechub {
namespace {

using testing::HasSubstr;

// Real public data sets, with the counts that their README states. Skipped where they are absent, a failure then with RECHUB_REQUIRE_DATA=1.
class SharedData : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* root = std::getenv("RECHUB_DATA");
    root_ = root != nullptr ? root : "../shared/data";
    if (std::filesystem::exists(root_ + "/ml1m/interactions.parquet")) return;
    const char* required = std::getenv("RECHUB_REQUIRE_DATA");
    if (required != nullptr && std::string(required) == "1") FAIL() << root_ << " holds no data sets";
    GTEST_SKIP() << root_ << " holds no data sets";
  }
  std::string root_;
};

struct Counts {
  int64_t events = 0, users = 0, items = 0;
  bool operator==(const Counts&) const = default;
};

// Reads a file as a preparer does, its columns found by their names.
Counts count(const std::vector<std::string>& paths, const TableOptions& options = {}) {
  const auto reader = open_table(paths, options);
  const auto column = [&](ColumnRole role) { return reader->schema()->field(find_column(*reader->schema(), role, ""))->name(); };
  reader->select({column(ColumnRole::kUser), column(ColumnRole::kItem)});
  Counts counts;
  Vocabulary users, items;
  while (const auto batch = reader->next()) {
    Cells user(*reader, *batch, 0), item(*reader, *batch, 1);
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      user.is_integer() ? users.add(user.integer(row).value()) : users.add(user.text(row).value());
      item.is_integer() ? items.add(item.integer(row).value()) : items.add(item.text(row).value());
    }
    counts.events += batch->num_rows();
  }
  EXPECT_TRUE(users.is_integer() && items.is_integer());
  counts.users = users.size();
  counts.items = items.size();
  return counts;
}

std::ostream& operator<<(std::ostream& out, const Counts& counts) { return out << counts.events << " events, " << counts.users << " users, " << counts.items << " items"; }

TEST_F(SharedData, SequencesAreKnownByTheirName) {
  EXPECT_EQ(count({root_ + "/beauty/sequences.txt"}), (Counts{198502, 22363, 12101}));
  EXPECT_EQ(count({root_ + "/sports/sequences.txt"}), (Counts{296337, 35598, 18357}));
}

TEST_F(SharedData, ParquetFilesGiveTheSameCounts) {
  EXPECT_EQ(count({root_ + "/beauty/interactions.parquet"}), (Counts{198502, 22363, 12101}));
  EXPECT_EQ(count({root_ + "/sports/interactions.parquet"}), (Counts{296337, 35598, 18357}));
  EXPECT_EQ(count({root_ + "/ml1m/interactions.parquet"}), (Counts{1000209, 6040, 3706}));
}

TEST_F(SharedData, SessionsMustBeNamed) {
  const std::string train = root_ + "/diginetica/train.txt", test = root_ + "/diginetica/test.txt";
  TableOptions options;
  options.format = "sessions";
  EXPECT_EQ(count({train}, options).users, 186670);
  EXPECT_EQ(count({test}, options).users, 15963);
  EXPECT_EQ(count({train, test}, options).items, 43097);
  EXPECT_EQ(error_of([&] { open_table({train}, {}); }).first, ErrorKind::kUsage);
}

TEST_F(SharedData, FilesOfOtherFormatsAreRefusedWithAdvice) {
  EXPECT_THAT(error_of([&] { open_table({root_ + "/ml1m/users.dat"}, {}); }).second, HasSubstr("separated by '::'"));
  EXPECT_THAT(error_of([&] { open_table({root_ + "/ml1m/interaction.parquet"}, {}); }).second, HasSubstr("did you mean " + root_ + "/ml1m/interactions.parquet?"));
}

}  // namespace
}  // namespace rechub
