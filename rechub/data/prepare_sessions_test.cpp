#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/parallel.h"
#include "rechub/base/random.h"
#include "rechub/data/memory_plan.h"
#include "rechub/data/prepare.h"
#include "rechub/data/test_datasets.h"
#include "rechub/data/test_files.h"

namespace rechub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const LogLine kSilent = [](const std::string&) {};

class PrepareSessions : public testing::Test {
 protected:
  Dataset make(PrepareOptions options, const std::string& name, const std::string& text) {
    options.interactions = {folder_.write(name, text)};
    options.overwrite = true;
    return prepare(options, folder_.path("data"), kSilent);
  }
  std::string message(const PrepareOptions& options, const std::string& name, const std::string& text) {
    return error_of([&] { make(options, name, text); }).second;
  }
  TestFolder folder_;
};

TEST_F(PrepareSessions, ASessionColumnMakesTheSessionTheSequence) {
  PrepareOptions options;
  options.session_col = "session";
  options.user_features = {folder_.write("users.csv", "user,plan\nv,free\nu,paid\n")};
  const Dataset dataset = make(options, "log.csv", "user,session,item,time\nu,s1,a,1\nv,s1,b,2\nu,s2,c,3\nu,s1,d,4\n");
  EXPECT_THAT(sequences(dataset), ElementsAre("u/s1: a d", "v/s1: b", "u/s2: c"));
  const FeatureTable& users = dataset.user_features();
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users[0].spec.name, "plan");
  EXPECT_THAT(users[0].codes, ElementsAre(0, 1, 3, 2, 3)) << "paid, free, paid";
  EXPECT_EQ(users[1].spec.name, "user");
  EXPECT_THAT(users[1].codes, ElementsAre(0, 1, 2, 3, 2));
  EXPECT_EQ(dataset.space("user").text(3), "v");
}

TEST_F(PrepareSessions, AGapInTimeCutsSessions) {
  PrepareOptions options;
  options.session_gap = "30m";
  const std::string log = "user,item,time\nu,a,1500000000\nv,x,1500000000\nu,b,1500001800\nu,c,1500003601\nu,d,1500003602\nv,y,1500009999\n";
  const Dataset dataset = make(options, "log.csv", log);
  EXPECT_THAT(sequences(dataset), ElementsAre("u/1: a b", "u/2: c d", "v/1: x", "v/2: y")) << "a gap of exactly 30 minutes does not cut";
  EXPECT_THAT(dataset.user_features()[0].codes, ElementsAre(0, 1, 2, 2, 3, 3));
  EXPECT_TRUE(dataset.manifest()["has_sessions"].get<bool>());
  options.min_user_events = 2;
  EXPECT_THAT(sequences(make(options, "log.csv", log)), ElementsAre("u/1: a b", "u/2: c d")) << "what is counted is the session";
}

TEST_F(PrepareSessions, AGapNeedsATimeWhoseUnitIsKnown) {
  PrepareOptions options;
  options.session_gap = "30m";
  EXPECT_THAT(message(options, "log.csv", "user,item,time\nu,a,1\nu,b,2\n"), HasSubstr("what the numbers of the column 'time' count is not known"));
  EXPECT_THAT(sequences(make(options, "log.csv", "user,item,time\nu,a,2024-05-01 10:00:00\nu,b,2024-05-01 10:29:00\nu,c,2024-05-01 11:00:00\n")),
              ElementsAre("u/1: a b", "u/2: c"));
  EXPECT_THAT(sequences(make(options, "log.csv", "user,item,time\nu,a,1500000000000\nu,b,1500001800000\nu,c,1500003600001\n")), ElementsAre("u/1: a b", "u/2: c"))
      << "milliseconds";
  options.session_gap = "soon";
  EXPECT_THAT(message(options, "log.csv", "user,item,time\nu,a,1500000000\n"), HasSubstr("30m, 2h or 1d"));
}

TEST_F(PrepareSessions, SessionFilesAreNumberedOn) {
  PrepareOptions options;
  options.format = "sessions";
  options.interactions = {folder_.write("a.txt", "1 2\n3\n"), folder_.write("b.txt", "4 5\n")};
  const Dataset dataset = prepare(options, folder_.path("out"), kSilent);
  EXPECT_THAT(sequences(dataset), ElementsAre("1: 1 2", "2: 3", "3: 4 5"));
}

TEST_F(PrepareSessions, TestUsersMustBeOthers) {
  PrepareOptions options;
  options.test = {folder_.write("test.csv", "user,item,time\nw,a,1\nu,b,2\n")};
  EXPECT_THAT(message(options, "log.csv", "user,item,time\nu,a,1\nv,b,1\n"), testing::AllOf(HasSubstr("test.csv, row 2"), HasSubstr("user u"), HasSubstr("--split time:")));
  options.test = {folder_.write("test.csv", "user,item,time\nw,a,1\nw,b,2\n")};
  const Dataset dataset = make(options, "log.csv", "user,item,time\nu,a,1\nv,b,1\n");
  EXPECT_EQ(dataset.manifest()["test_users"], (nlohmann::json{4, 5}));
}

TEST_F(PrepareSessions, WeightsAndEventTypes) {
  PrepareOptions options;
  options.weight_col = "stars";
  options.event_type_col = "type";
  options.keep_events = {"click", "buy"};
  options.target_events = {"buy"};
  const Dataset dataset = make(options, "log.csv", "user,item,time,stars,type\nu,a,1,5,click\nu,b,2,2.5,buy\nu,c,3,1,view\n");
  EXPECT_THAT(sequences(dataset), ElementsAre("u: a b"));
  EXPECT_THAT(dataset.weights(), ElementsAre(0, 2.5F));
  EXPECT_EQ(dataset.event_features()[0].spec.name, "type");
  EXPECT_EQ(dataset.event_features()[0].spec.role, EventRole::kHistory);
  EXPECT_EQ(dataset.manifest()["rows"]["other_event_types"], 1);
  EXPECT_THAT(message(options, "log.csv", "user,item,time,stars,type\nu,a,1,-1,buy\n"), testing::AllOf(HasSubstr("row 1"), HasSubstr("'stars'"), HasSubstr("-1")));
  options.event_type_col = "";
  EXPECT_THAT(message(options, "log.csv", "user,item,time,stars,type\nu,a,1,5,buy\n"), HasSubstr("event_type_col"));
}

TEST_F(PrepareSessions, DeduplicatesUserItemAndTime) {
  PrepareOptions options;
  options.deduplicate = true;
  const Dataset dataset = make(options, "log.csv", "user,item,time\nu,a,1\nu,b,1\nu,a,1\nu,a,2\nv,a,1\n");
  EXPECT_THAT(sequences(dataset), ElementsAre("u: a b a", "v: a"));
}

// All files of a data set with their bytes.
std::map<std::string, std::string> bytes_of(const TestFolder& folder, const std::string& name) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path(name))) {
    const std::string file = std::filesystem::relative(entry.path(), folder.path(name)).string();
    if (entry.is_regular_file()) files[file] = folder.read(name + "/" + file);
  }
  return files;
}

TEST_F(PrepareSessions, RunsOnDiskAndThreadsChangeNothing) {
  Random random(5);
  std::string log = "user,item,time,device,watch\n";
  for (int row = 0; row < 200'000; ++row) {
    log += fmt::format("{},{},{},d{},{}.5\n", random.below(3000), random.below(500), 1'500'000'000 + random.below(100'000), random.below(4), random.below(100));
  }
  PrepareOptions options;
  options.interactions = {folder_.write("log.csv", log)};
  options.context_cols = {"device"};
  options.history_cols = {"watch"};
  options.time_gap_buckets = 20;
  options.min_user_events = 40;
  options.min_item_events = 370;
  options.deduplicate = true;
  EXPECT_LT(prepare(options, folder_.path("memory"), kSilent).num_items(), 500) << "some items are filtered away";
  const auto expected = bytes_of(folder_, "memory");
  prepare(options, folder_.path("disk"), kSilent, {.sorter_bytes = 1 << 20});
  EXPECT_EQ(bytes_of(folder_, "disk"), expected);
  set_num_threads(2);
  prepare(options, folder_.path("threads"), kSilent);
  set_num_threads(0);
  EXPECT_EQ(bytes_of(folder_, "threads"), expected);
}

}  // namespace
}  // namespace rechub
