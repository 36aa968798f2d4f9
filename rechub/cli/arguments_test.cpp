#include "rechub/cli/arguments.h"

#include <cmath>
#include <cstdio>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/parallel.h"

namespace rechub::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct FitOptions {
  int64_t epochs = 10;
  double learning_rate = 1e-3;
  bool shuffle = true, verbose = false;
  std::string device = "cpu";
  std::vector<int64_t> k = {5, 10};
  std::vector<std::string> tags;
  void describe(OptionVisitor& visitor) {
    visitor.field("epochs", epochs, "passes over the data");
    visitor.field("learning_rate", learning_rate, "step size");
    visitor.field("shuffle", shuffle, "shuffle the examples");
    visitor.field("verbose", verbose, "say more");
    visitor.field("device", device, "cpu or cuda");
    visitor.field("k", k, "cut-offs");
    visitor.field("tags", tags, "words");
  }
};

struct ModelOptions {
  double dropout = .2;
  int64_t epochs = 1;
  bool bias = false;
  void describe(OptionVisitor& visitor) {
    visitor.field("dropout", dropout, "share of activations that are dropped");
    visitor.field("epochs", epochs, "a name that is taken");
    visitor.field("bias", bias, "an item bias");
  }
};

// A command like the real ones, run on words and a config file's text.
class ArgumentsTest : public testing::Test {
 protected:
  ~ArgumentsTest() override {
    std::remove(config_.c_str());
    set_num_threads(0);
  }

  bool run(std::vector<std::string> words, const std::string& toml = "") {
    arguments_.flag("data", data_, "a data set", Arguments::kRequired);
    arguments_.section("fit", fit_);
    words.insert(words.begin(), "train");
    if (!toml.empty()) {
      write_file(config_, toml);
      words.insert(words.end(), {"--config", config_});
    }
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    if (!arguments_.parse(static_cast<int>(argv.size()), argv.data())) return false;
    arguments_.late_section("model", model_);
    return arguments_.finish();
  }

  std::string error_of(const std::vector<std::string>& words, const std::string& toml = "") {
    try {
      run(words, toml);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
  }

  std::string config_ = testing::TempDir() + "arguments_test.toml", data_;
  FitOptions fit_;
  ModelOptions model_;
  Arguments arguments_{"train", "Train a model."};
};

TEST_F(ArgumentsTest, ReadsEveryTypeAndSpelling) {
  ASSERT_TRUE(run({"--data=d", "--epochs", "3", "--learning_rate", "-1e-2", "--no-shuffle", "--verbose", "--k", "1,20", "--k=30", "--tags", "a b", "c", "--threads", "1"}));
  EXPECT_EQ(data_, "d");
  EXPECT_EQ(fit_.epochs, 3);
  EXPECT_EQ(fit_.learning_rate, -.01);
  EXPECT_FALSE(fit_.shuffle);
  EXPECT_TRUE(fit_.verbose);
  EXPECT_THAT(fit_.k, ElementsAre(1, 20, 30));
  EXPECT_THAT(fit_.tags, ElementsAre("a b", "c"));
  EXPECT_EQ(num_threads(), 1);
}

TEST_F(ArgumentsTest, TheLastOfEqualFlagsCounts) {
  ASSERT_TRUE(run({"--data", "d", "--epochs", "3", "--epochs=4", "--shuffle=false", "--verbose", "--no-verbose", "--k="}));
  EXPECT_EQ(fit_.epochs, 4);
  EXPECT_FALSE(fit_.shuffle);
  EXPECT_FALSE(fit_.verbose);
  EXPECT_THAT(fit_.k, IsEmpty());
}

TEST_F(ArgumentsTest, CommandLineThenConfigFileThenDefault) {
  ASSERT_TRUE(run({"--epochs", "3", "--set", "fit.epochs=4", "--set", "fit.device=gpu", "--set", "model.dropout=0.1"},
                  "[train]\ndata = \"from file\"\n[fit]\nepochs = 5\ndevice = \"tpu\"\nlearning_rate = 1\nk = [7]\n[model]\ndropout = 0.9\nepochs = 8\n"));
  EXPECT_EQ(data_, "from file");
  EXPECT_EQ(fit_.epochs, 3);
  EXPECT_EQ(fit_.device, "gpu");
  EXPECT_EQ(fit_.learning_rate, 1);
  EXPECT_THAT(fit_.k, ElementsAre(7));
  EXPECT_EQ(model_.dropout, .1);
  EXPECT_EQ(model_.epochs, 8);
  EXPECT_TRUE(arguments_.given("epochs"));
  EXPECT_TRUE(arguments_.given("learning-rate"));
  EXPECT_TRUE(arguments_.given("model.dropout"));
  EXPECT_FALSE(arguments_.given("shuffle"));
  const nlohmann::json merged = arguments_.merged();
  EXPECT_EQ(merged["train"]["data"], "from file");
  EXPECT_EQ(merged["fit"],
            nlohmann::json({{"epochs", 3}, {"device", "gpu"}, {"learning_rate", 1.0}, {"shuffle", true}, {"verbose", false}, {"k", {7}}, {"tags", nlohmann::json::array()}}));
}

TEST_F(ArgumentsTest, LateSectionsHaveFlagsToo) {
  ASSERT_TRUE(run({"--data", "d", "--dropout", "0.7", "--bias", "--epochs=2", "--model-epochs=9"}));
  EXPECT_EQ(model_.dropout, .7);
  EXPECT_TRUE(model_.bias);
  EXPECT_EQ(model_.epochs, 9);
  EXPECT_EQ(fit_.epochs, 2);
}

TEST_F(ArgumentsTest, UnknownNamesGiveTheNearest) { EXPECT_EQ(error_of({"--data", "d", "--lerning-rate", "1"}), "unknown flag --lerning-rate; did you mean --learning-rate?"); }
TEST_F(ArgumentsTest, AMistypedRequiredFlagIsNamed) { EXPECT_EQ(error_of({"--dta=d"}), "unknown flag --dta; did you mean --data?"); }
TEST_F(ArgumentsTest, UnknownFlagNearNothing) { EXPECT_EQ(error_of({"--data", "d", "--xyzzy"}), "unknown flag --xyzzy; see rechub train --help"); }
TEST_F(ArgumentsTest, UnexpectedWord) { EXPECT_EQ(error_of({"word", "--data", "d"}), "unexpected argument \"word\"; see rechub train --help"); }
TEST_F(ArgumentsTest, MissingRequiredFlag) { EXPECT_EQ(error_of({}), "--data is missing: a data set; see rechub train --help"); }
TEST_F(ArgumentsTest, MissingRequiredFlagBesideALateOne) { EXPECT_THAT(error_of({"--dropout", "0.5"}), HasSubstr("--data is missing")); }
TEST_F(ArgumentsTest, MissingValue) { EXPECT_THAT(error_of({"--data", "d", "--epochs"}), HasSubstr("--epochs")); }
TEST_F(ArgumentsTest, MissingValueOfALateFlag) { EXPECT_EQ(error_of({"--data", "d", "--dropout"}), "--dropout needs a value"); }
TEST_F(ArgumentsTest, UnknownKey) { EXPECT_EQ(error_of({"--data", "d"}, "[fit]\n\nepoch = 3\n"), config_ + ", line 3: unknown key \"epoch\" in [fit]; did you mean epochs?"); }
TEST_F(ArgumentsTest, UnknownKeyOfALateSection) {
  EXPECT_THAT(error_of({"--data", "d"}, "[model]\ndrpout = 3\n"), HasSubstr("unknown key \"drpout\" in [model]; did you mean dropout?"));
}
TEST_F(ArgumentsTest, UnknownSection) { EXPECT_EQ(error_of({"--data", "d"}, "[fitt]\n"), config_ + ", line 1: unknown section [fitt]; did you mean fit?"); }
TEST_F(ArgumentsTest, UnknownSet) { EXPECT_EQ(error_of({"--data", "d", "--set", "fit.epocs=3"}), "--set: unknown key \"epocs\" in [fit]; did you mean epochs?"); }
TEST_F(ArgumentsTest, SetWithoutASection) { EXPECT_EQ(error_of({"--data", "d", "--set", "epochs=3"}), "--set needs SECTION.KEY=VALUE, got \"epochs=3\""); }

TEST_F(ArgumentsTest, WrongTypeOfAFlag) { EXPECT_EQ(error_of({"--data", "d", "--epochs", "3.5"}), "--epochs must be a whole number, got \"3.5\""); }
TEST_F(ArgumentsTest, WholeNumbersThatDoNotFit) { EXPECT_THAT(error_of({"--data", "d", "--epochs", "9223372036854775808"}), HasSubstr("must be a whole number")); }
TEST_F(ArgumentsTest, NotANumber) { EXPECT_EQ(error_of({"--data", "d", "--learning-rate", "nan"}), "--learning-rate must be a number, got \"nan\""); }
TEST_F(ArgumentsTest, WrongElementOfAList) { EXPECT_EQ(error_of({"--data", "d", "--k", "5,x"}), "--k must be a list of whole numbers, got \"5,x\""); }
TEST_F(ArgumentsTest, WrongBool) { EXPECT_EQ(error_of({"--data", "d", "--shuffle=maybe"}), "--shuffle must be true or false, got \"maybe\""); }
TEST_F(ArgumentsTest, WrongTypeInAConfigFile) {
  EXPECT_EQ(error_of({"--data", "d"}, "[fit]\nepochs = \"3\"\n"), config_ + ", line 2: [fit] epochs must be a whole number, got \"3\"");
}
TEST_F(ArgumentsTest, AFractionIsNoWholeNumber) { EXPECT_THAT(error_of({"--data", "d"}, "[fit]\nepochs = 3.0\n"), HasSubstr("must be a whole number, got 3.0")); }
TEST_F(ArgumentsTest, ANumberIsNoList) { EXPECT_THAT(error_of({"--data", "d"}, "[fit]\nk = 3\n"), HasSubstr("[fit] k must be a list of whole numbers, got 3")); }
TEST_F(ArgumentsTest, WrongTypeOfASet) { EXPECT_EQ(error_of({"--data", "d", "--set", "fit.epochs=x"}), "--set fit.epochs must be a whole number, got \"x\""); }
TEST_F(ArgumentsTest, TextThatIsNotUtf8) { EXPECT_EQ(error_of({"--data", "\xff"}), "--data must be a text, got a text that is not UTF-8"); }

TEST_F(ArgumentsTest, HelpShowsTypesAndDefaultsWithinAHundredColumns) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(run({"--help"}));  // although --data is missing
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, HasSubstr("usage: rechub train --data TEXT [options]"));
  EXPECT_THAT(help, HasSubstr("a data set (required)"));
  EXPECT_THAT(help, testing::ContainsRegex("--learning-rate NUMBER +step size \\[0.001\\]"));
  EXPECT_THAT(help, testing::ContainsRegex("--k INT,... +cut-offs \\[5,10\\]"));
  EXPECT_THAT(help, testing::ContainsRegex("--\\[no-\\]shuffle +shuffle the examples \\[true\\]"));
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST_F(ArgumentsTest, ExplainPrintsAConfigFileThatGivesTheSame) {
  testing::internal::CaptureStdout();
  EXPECT_FALSE(run({"--data", "a \"quoted\" path", "--explain", "--dropout=0.25", "--tags", "x,y"}, "[fit]\nlearning_rate = 1e-10\n"));
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, testing::ContainsRegex("epochs = 10 +# default; passes over the data"));
  EXPECT_THAT(text, testing::ContainsRegex("learning_rate = 1e-10 +# .*arguments_test.toml:2; step size"));
  EXPECT_THAT(text, testing::ContainsRegex("dropout = 0.25 +# command line; "));
  ArgumentsTest_ExplainPrintsAConfigFileThatGivesTheSame_Test again;
  ASSERT_TRUE(again.run({}, text));
  EXPECT_EQ(again.arguments_.merged(), arguments_.merged());
}

TEST(Arguments, PositionalsStandBetweenFlags) {
  std::vector<std::string> bundles;
  std::vector<int64_t> k;
  std::string model;
  Arguments arguments("serve", "Serve.");
  arguments.positional("bundles", bundles, "bundles");
  arguments.flag("k", k, "cut-offs");
  arguments.flag("model", model, "a name");
  const char* argv[] = {"serve", "--k", "5,10", "one", "--model", "m", "two", "--", "--three"};
  ASSERT_TRUE(arguments.parse(9, argv));
  EXPECT_TRUE(arguments.finish());
  EXPECT_THAT(bundles, ElementsAre("one", "two", "--three"));
  EXPECT_THAT(k, ElementsAre(5, 10));
  EXPECT_EQ(model, "m");
}

TEST(Arguments, AMissingPositionalIsNamed) {
  std::string bundle;
  Arguments arguments("info", "Info.");
  arguments.positional("bundle", bundle, "a bundle");
  const char* argv[] = {"info"};
  EXPECT_THROW(arguments.parse(1, argv), Error);
}

TEST(Arguments, OnePositionalTakesOneWord) {
  std::string path;
  Arguments arguments("info", "Info.");
  arguments.positional("path", path, "a path", Arguments::kOptional);
  const char* argv[] = {"info", "a", "b"};
  ASSERT_TRUE(arguments.parse(3, argv));
  EXPECT_EQ(path, "a");
  EXPECT_THROW(arguments.finish(), Error);
}

}  // namespace
}  // namespace rechub::cli
