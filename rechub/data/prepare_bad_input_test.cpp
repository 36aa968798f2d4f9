#include <cmath>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <arrow/builder.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "rechub/data/prepare.h"
#include "rechub/data/test_files.h"
#include "rechub/data/test_tables.h"

namespace rechub {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const LogLine kSilent = [](const std::string&) {};

// A folder with one log in it, prepared into `out` beside it.
class Log {
 public:
  explicit Log(const std::string& text, const std::string& name = "log.csv") : name_(name) { options.interactions = {folder_.write(name, text)}; }

  Dataset prepare() { return rechub::prepare(options, out(), kSilent); }
  // Kind and message of what prepare() throws; checks that it leaves nothing behind.
  std::pair<ErrorKind, std::string> refusal() {
    const auto error = error_of([&] { prepare(); });
    EXPECT_THAT(names(), ElementsAre(name_)) << "a failed preparation must leave nothing";
    return error;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path(""))) found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }
  std::string out() const { return folder_.path("out"); }
  const TestFolder& folder() const { return folder_; }

  PrepareOptions options;

 private:
  std::string name_;
  TestFolder folder_;
};

std::vector<std::string> ids(const Vocabulary& vocabulary) {
  std::vector<std::string> texts;
  for (int32_t index = kFirstIndex; index < vocabulary.rows(); ++index) texts.push_back(vocabulary.text(index));
  return texts;
}

int64_t check_value(const Dataset& dataset, const std::string& name) {
  for (const auto& check : dataset.manifest().at("checks")) {
    if (check.at("name") == name) return check.at("value").get<int64_t>();
  }
  ADD_FAILURE() << "there is no check " << name;
  return -1;
}

TEST(PrepareBadInput, AMisspeltColumnIsAnsweredWithTheNearest) {
  Log log("user_id,item_id,timestamp\n1,2,3\n");
  log.options.user_col = "usr_id";
  const auto [kind, message] = log.refusal();
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_THAT(message, AllOf(HasSubstr("usr_id"), HasSubstr("user_id")));
}

TEST(PrepareBadInput, AColumnThatCannotBeGuessedIsAskedFor) {
  Log log("who,what,timestamp\n1,2,3\n");
  const auto [kind, message] = log.refusal();
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_THAT(message, AllOf(HasSubstr("--user-col"), HasSubstr("who, what, timestamp")));
}

TEST(PrepareBadInput, WithoutTimesTheFilesOrderMustBeAskedFor) {
  Log log("user,item\n1,9\n1,8\n");
  const auto [kind, message] = log.refusal();
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_THAT(message, HasSubstr("--time-col none"));
  log.options.time_col = "none";
  EXPECT_THAT(ids(log.prepare().item_ids()), ElementsAre("9", "8"));
}

TEST(PrepareBadInput, ABadRowIsNamedAndSoManyAreSkipped) {
  Log log("user,item,time\n1,9,10\n1,8\n1,7,noon\n2,7,5\n");
  const auto [kind, message] = log.refusal();
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_THAT(message, AllOf(HasSubstr("log.csv"), HasSubstr("row 2")));
  log.options.max_bad_rows = 1;
  EXPECT_THAT(log.refusal().second, AllOf(HasSubstr("row 3"), HasSubstr("'time'"), HasSubstr("noon")));
  log.options.max_bad_rows = 2;
  const Dataset dataset = log.prepare();
  EXPECT_EQ(dataset.num_events(), 2);
  EXPECT_EQ(dataset.manifest().at("rows").at("bad"), 2);
  EXPECT_THAT(ids(dataset.item_ids()), ElementsAre("9", "7")) << "a bad row leaves no id";
}

TEST(PrepareBadInput, EmptyFiles) {
  EXPECT_EQ(Log("").refusal().first, ErrorKind::kData);
  EXPECT_EQ(Log("user,item,time\n").refusal().first, ErrorKind::kData);
}

TEST(PrepareBadInput, AMissingFile) {
  Log log("user,item,time\n1,2,3\n");
  log.options.interactions = {log.folder().path("lug.csv")};
  const auto [kind, message] = log.refusal();
  EXPECT_EQ(kind, ErrorKind::kNotFound);
  EXPECT_THAT(message, HasSubstr("log.csv"));
}

TEST(PrepareBadInput, AnEmptyIdAndAnIdThatIsNotUtf8) {
  EXPECT_THAT(Log("user,item,time\n1,,3\n").refusal().second, AllOf(HasSubstr("row 1"), HasSubstr("'item'"), HasSubstr("empty")));
  EXPECT_THAT(Log("user,item,time\n1,a,3\n1,\xff\xfe,3\n").refusal().second, AllOf(HasSubstr("row 2"), HasSubstr("UTF-8")));
}

TEST(PrepareInput, IdsThatTurnIntoTextKeepTheirSpelling) {
  Log log("user,item,time\n1,7,1\n1,x7,2\n1,007,3\n1,7,4\n");
  const Dataset dataset = log.prepare();
  EXPECT_FALSE(dataset.item_ids().is_integer());
  EXPECT_THAT(ids(dataset.item_ids()), ElementsAre("7", "x7", "007"));
  EXPECT_EQ(dataset.items()[0], dataset.items()[3]);
}

TEST(PrepareInput, SixtyFourBitIdsStayExact) {
  const std::vector<std::string> neighbours = {"9007199254740992", "9007199254740993", "9223372036854775807", "-9223372036854775808"};
  Log log("user,item,time\n1,9007199254740992,1\n1,9007199254740993,2\n1,9223372036854775807,3\n1,-9223372036854775808,4\n");
  const Dataset dataset = log.prepare();
  EXPECT_TRUE(dataset.item_ids().is_integer());
  EXPECT_EQ(ids(dataset.item_ids()), neighbours);
}

TEST(PrepareInput, ParquetIdsAreTakenAsTheyAreAndDecimalsAsWholeNumbers) {
  const TestFolder folder;
  arrow::Int64Builder users, items, times;
  ASSERT_TRUE(users.AppendValues(std::vector<int64_t>{5, 5}).ok() && items.AppendValues(std::vector<int64_t>{9007199254740993, 9007199254740992}).ok());
  ASSERT_TRUE(times.AppendValues(std::vector<int64_t>{2, 1}).ok());
  const auto user = users.Finish().ValueOrDie(), item = items.Finish().ValueOrDie(), time = times.Finish().ValueOrDie();
  const auto written = [&](const std::string& name, const std::shared_ptr<arrow::Array>& item_column) {
    write_parquet(
        folder.path(name),
        arrow::Table::Make(arrow::schema({arrow::field("user_id", arrow::int64()), arrow::field("item_id", item_column->type()), arrow::field("timestamp", arrow::int64())}),
                           {user, item_column, time}));
    PrepareOptions options;
    options.interactions = {folder.path(name)};
    return options;
  };
  const auto decimal = [](const std::vector<double>& values) {
    arrow::DoubleBuilder builder;
    EXPECT_TRUE(builder.AppendValues(values).ok());
    return builder.Finish().ValueOrDie();
  };
  const Dataset dataset = prepare(written("whole.parquet", item), folder.path("out"), kSilent);
  EXPECT_THAT(ids(dataset.item_ids()), ElementsAre("9007199254740993", "9007199254740992"));
  EXPECT_EQ(dataset.items()[0], 3) << "the later row has the earlier time";
  const Dataset whole = prepare(written("decimal.parquet", decimal({1, 2})), folder.path("out2"), kSilent);
  EXPECT_TRUE(whole.item_ids().is_integer());
  EXPECT_THAT(ids(whole.item_ids()), ElementsAre("1", "2"));
  for (const auto& [value, says] : {std::pair{1.5, "row 2, column 'item_id': 1.5 is no id"}, std::pair{std::nan(""), "row 2, column 'item_id': the id is empty"}}) {
    const PrepareOptions options = written("bad.parquet", decimal({1, value}));
    const auto [kind, message] = error_of([&] { prepare(options, folder.path("out3"), kSilent); });
    EXPECT_EQ(kind, ErrorKind::kData);
    EXPECT_THAT(message, HasSubstr(says));
  }
}

TEST(PrepareInput, AUserWithOneEventIsKeptAndCounted) {
  Log log("user,item,time\na,x,1\nb,x,1\nb,y,2\n");
  const Dataset dataset = log.prepare();
  EXPECT_EQ(dataset.num_users(), 2);
  EXPECT_EQ(check_value(dataset, "single_event_users"), 1);
}

// Item z has 1 event, so it goes; then user b has 1, so b goes; then item y has 1, so y goes; then a has 2 of x.
TEST(PrepareInput, FiltersAreRepeatedUntilBothHold) {
  Log log("user,item,time\na,x,1\na,x,2\na,y,3\nb,y,1\nb,z,2\n");
  log.options.min_user_events = log.options.min_item_events = 2;
  const Dataset dataset = log.prepare();
  EXPECT_THAT(ids(dataset.user_ids()), ElementsAre("a"));
  EXPECT_THAT(ids(dataset.item_ids()), ElementsAre("x"));
  EXPECT_EQ(dataset.num_events(), 2);
}

TEST(PrepareBadInput, AllUsersFilteredAway) {
  Log log("user,item,time\na,x,1\nb,y,1\n");
  log.options.min_user_events = 2;
  const auto [kind, message] = log.refusal();
  EXPECT_EQ(kind, ErrorKind::kData);
  EXPECT_THAT(message, HasSubstr("min_user_events"));
}

TEST(PrepareOutput, OnlyADataSetIsReplacedAndOnlyIfAskedFor) {
  Log log("user,item,time\na,x,1\n");
  log.prepare();
  const auto [kind, message] = error_of([&] { log.prepare(); });
  EXPECT_EQ(kind, ErrorKind::kUsage);
  EXPECT_THAT(message, HasSubstr("--overwrite"));
  log.folder().write("log.csv", "user,item,time\na,x,1\nb,y,2\n");
  log.options.overwrite = true;
  EXPECT_EQ(log.prepare().num_events(), 2);

  std::filesystem::remove_all(log.out());
  log.folder().write("out/diary.txt", "dear diary");
  EXPECT_EQ(error_of([&] { log.prepare(); }).first, ErrorKind::kUsage);
  EXPECT_EQ(log.folder().read("out/diary.txt"), "dear diary");
}

TEST(PrepareOutput, AFailureLeavesTheOldDataSetAsItWas) {
  Log log("user,item,time\na,x,1\n");
  log.prepare();
  const std::string before = log.folder().read("out/manifest.json");
  log.folder().write("log.csv", "user,item,time\na,x,1\nb,y\n");
  log.options.overwrite = true;
  EXPECT_EQ(error_of([&] { log.prepare(); }).first, ErrorKind::kData);
  EXPECT_THAT(log.names(), ElementsAre("log.csv", "out"));
  EXPECT_EQ(log.folder().read("out/manifest.json"), before);
  EXPECT_EQ(Dataset::open(log.out(), true).num_events(), 1);
}

// A file may not grow beyond 64 KiB, which says to a writer what a full disk says.
void prepare_without_room(Log& log) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1 << 16, 1 << 16};
  setrlimit(RLIMIT_FSIZE, &limit);
  const auto [kind, message] = error_of([&] { log.prepare(); });
  std::fprintf(stderr, "%s\n", message.c_str());
  std::_Exit(kind == ErrorKind::kData && log.names() == std::vector<std::string>{"log.txt"} ? 3 : 1);
}

TEST(PrepareOutputDeathTest, AFullDiskIsAnErrorThatLeavesNothing) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::string sequence = "1";
  for (int item = 0; item < 40'000; ++item) sequence += " " + std::to_string(item % 1000);
  Log log(sequence + "\n", "log.txt");
  log.options.format = "sequences";
  EXPECT_EXIT(prepare_without_room(log), testing::ExitedWithCode(3), "events.arrow.*File too large");
}

}  // namespace
}  // namespace rechub
