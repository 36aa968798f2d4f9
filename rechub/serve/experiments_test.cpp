#include "rechub/serve/experiments.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/serve/arm_comparison.h"
#include "rechub/serve/exposure_log.h"

namespace rechub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const char kTwo[] = R"(
[[experiment]]
name = "diversity"
[[experiment.arm]]
name = "plain"
weight = 3
[[experiment.arm]]
name = "varied"
settings = { diversity = { weight = 0.5, feature = "genre" }, channels = ["model", "popularity"] }

[[experiment]]
name = "fusion"
salt = "another"
[[experiment.arm]]
name = "quota"
[[experiment.arm]]
name = "rank"
settings = { fusion = "rank" }
)";

TEST(Experiments, AreReadFromToml) {
  const Experiments experiments = Experiments::parse(kTwo, "two.toml");
  ASSERT_EQ(experiments.list().size(), 2u);
  const Experiment& diversity = experiments.list()[0];
  EXPECT_EQ(diversity.salt, "diversity");
  EXPECT_EQ(diversity.arms[0].share, .75);
  EXPECT_EQ(diversity.arms[1].settings, nlohmann::json::parse(R"({"diversity": {"weight": 0.5, "feature": "genre"}, "channels": ["model", "popularity"]})"));
  EXPECT_EQ(experiments.list()[1].salt, "another");
  EXPECT_TRUE(Experiments::parse("", "none").assign("anna").empty());
}

TEST(Experiments, AnAnswerNamesItsArms) {
  const Experiments experiments = Experiments::parse(kTwo, "two.toml");
  for (const char* user : {"anna", "bert", "42", ""}) {
    const std::vector<Assignment> assignments = experiments.assign(user);
    const nlohmann::json arms = arms_of(assignments), settings = settings_of(assignments);
    EXPECT_EQ(arms["diversity"] == "varied", settings.contains("diversity"));
    EXPECT_EQ(arms["fusion"] == "rank", settings.contains("fusion"));
  }
}

// One million users, two salts: the split within .2 points of the weights, every user in the same arm again after the file was read anew, arms of two experiments independent.
TEST(Experiments, TheSplitIsRightStableAndIndependent) {
  constexpr int kUsers = 1000000;
  const Experiments experiments = Experiments::parse(kTwo, "two.toml"), again = Experiments::parse(kTwo, "two.toml");
  int64_t counts[2][2] = {};
  int64_t num_moved = 0;
  for (int user = 0; user < kUsers; ++user) {
    const std::string id = std::to_string(user);
    const std::vector<Assignment> first = experiments.assign(id), second = again.assign(id);
    ++counts[first[0].arm->name == "varied"][first[1].arm->name == "rank"];
    for (int i = 0; i < 2; ++i) num_moved += first[i].arm->name != second[i].arm->name;
  }
  EXPECT_EQ(num_moved, 0);
  const double varied = static_cast<double>(counts[1][0] + counts[1][1]) / kUsers, rank = static_cast<double>(counts[0][1] + counts[1][1]) / kUsers;
  EXPECT_NEAR(varied, .25, .002);
  EXPECT_NEAR(rank, .5, .002);
  // Pearson's test of independence of a 2 x 2 table: 6.63 is chi-square's 99 % point at one degree of freedom.
  const double both = static_cast<double>(counts[1][1]) / kUsers, covariance = both - varied * rank;
  const double chi_square = kUsers * covariance * covariance / (varied * (1 - varied) * rank * (1 - rank));
  EXPECT_LT(chi_square, 6.63);
}

TEST(Experiments, MistakesAreNamedWithTheirLine) {
  const auto message = [](const std::string& text) {
    try {
      Experiments::parse(text, "e.toml");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string arms = "[[experiment.arm]]\nname = \"a\"\n[[experiment.arm]]\nname = \"b\"\n";
  EXPECT_THAT(message("x ="), HasSubstr("e.toml, line 1: not valid TOML"));
  EXPECT_THAT(message("[[experiment]]\n[:[x = 1"), HasSubstr("e.toml, line 2: not valid TOML"));
  EXPECT_THAT(message("experiments = 1"), HasSubstr("did you mean experiment"));
  EXPECT_THAT(message("[experiment]\nname = \"x\""), HasSubstr("line 1: write [[experiment]]"));
  EXPECT_THAT(message("[[experiment]]\n" + arms), HasSubstr("line 1: an experiment has no name"));
  EXPECT_THAT(message("[[experiment]]\nname = \"x\"\nsalz = \"y\"\n" + arms), HasSubstr("line 3: unknown key 'salz' (did you mean salt?)"));
  EXPECT_THAT(message("[[experiment]]\nname = \"x\"\n[[experiment.arm]]\nname = \"a\""), HasSubstr("needs two"));
  EXPECT_THAT(message("[[experiment]]\nname = \"x\"\n" + arms + "weight = 0"), HasSubstr("line 7: the weight of arm b must be a number above 0"));
  EXPECT_THAT(message("[[experiment]]\nname = \"x\"\n" + arms + "weight = \"1\""), HasSubstr("must be a number"));
  EXPECT_THAT(message("[[experiment]]\nname = \"x\"\n" + arms + "settings = 3"), HasSubstr("settings must be a table"));
  EXPECT_THAT(message("[[experiment]]\nname = \"x\"\n" + arms + "[[experiment.arm]]\nname = \"a\""), HasSubstr("two arms a"));
  const std::string x = "[[experiment]]\nname = \"x\"\nsalt = \"s\"\n" + arms + "settings = {k = 1}\n";
  EXPECT_THAT(message(x + x), HasSubstr("two experiments x"));
  EXPECT_THAT(message(x + "[[experiment]]\nname = \"y\"\nsalt = \"s\"\n" + arms), HasSubstr("has the salt of another"));
  EXPECT_THAT(message(x + "[[experiment]]\nname = \"y\"\n" + arms + "settings = {k = 2}\n"), HasSubstr("x and y both set k"));
  EXPECT_EQ(message(x), "");
}

class ExposureLogTest : public testing::Test {
 protected:
  ~ExposureLogTest() override { std::filesystem::remove(path_); }
  std::vector<std::string> lines() const {
    std::vector<std::string> found;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) found.push_back(line);
    return found;
  }
  std::string path_ = testing::TempDir() + "exposures_" + std::to_string(::getpid());
  Experiments experiments_ = Experiments::parse(kTwo, "two.toml");
};

TEST_F(ExposureLogTest, WritesALineAnExperiment) {
  {
    ExposureLog log(path_);
    log.record("anna \"x\" \xff", experiments_.assign("anna"));
    log.record("bert", {});
  }
  ASSERT_EQ(lines().size(), 2u);
  const nlohmann::json line = nlohmann::json::parse(lines()[0]);
  EXPECT_EQ(line["user"], "anna \"x\" \xef\xbf\xbd");
  EXPECT_EQ(line["experiment"], "diversity");
  EXPECT_EQ(line["arm"], experiments_.assign("anna")[0].arm->name);
  EXPECT_EQ(line["share"], experiments_.assign("anna")[0].arm->share);
  EXPECT_GT(line["time"], 1.7e9);
}

TEST_F(ExposureLogTest, HalfALineOfAKilledProcessSpoilsNoOther) {
  std::ofstream(path_) << "{\"time\":17";
  { ExposureLog(path_).record("anna", experiments_.assign("anna")); }
  ASSERT_EQ(lines().size(), 3u);
  EXPECT_EQ(lines()[0], "{\"time\":17");
  EXPECT_TRUE(nlohmann::json::accept(lines()[1]));
}

TEST_F(ExposureLogTest, AFileThatIsMovedAwayIsBegunAnew) {
  const std::string moved = path_ + ".1";
  {
    ExposureLog log(path_);
    log.record("anna", experiments_.assign("anna"));
    while (lines().size() < 2) ::usleep(10000);
    std::filesystem::rename(path_, moved);
    log.record("bert", experiments_.assign("bert"));
  }
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(lines()[0])["user"], "bert");
  std::filesystem::rename(moved, path_);
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(lines()[0])["user"], "anna");
}

TEST_F(ExposureLogTest, WhatDoesNotFitIsDroppedAndCounted) {
  int64_t written = 0, dropped = 0;
  {
    ExposureLog log(path_, 10);
    for (int i = 0; i < 1000; ++i) log.record("anna", experiments_.assign("anna"));
    dropped = log.num_dropped();
    EXPECT_GT(dropped, 0);
  }
  written = static_cast<int64_t>(lines().size());
  EXPECT_EQ(written + dropped, 2000);
  ExposureLog full("/dev/full");
  full.record("anna", experiments_.assign("anna"));
  while (full.num_dropped() == 0) ::usleep(10000);
  EXPECT_EQ(full.num_dropped(), 2);
  EXPECT_THROW(ExposureLog(testing::TempDir() + "none/log"), Error);
}

}  // namespace
}  // namespace rechub
