#include "rechub/serve/experiment_report.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"
#include "rechub/serve/arm_comparison.h"

namespace rechub {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Moments moments(const std::vector<double>& values) {
  Moments result;
  for (const double value : values) result.add(value);
  return result;
}

// scipy.stats 1.17.1: ttest_ind(a, b, equal_var=False) with its confidence_interval(), t.interval, chisquare.
TEST(ArmComparison, AgreesWithScipy) {
  const Moments a = moments({3, 5, 4, 6, 9}), b = moments({1, 2, 2, 4});
  const auto interval = mean_interval(a);
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->first, 2.54147480901, 1e-9);
  EXPECT_NEAR(interval->second, 8.25852519099, 1e-9);
  const auto difference = mean_difference(a, b);
  ASSERT_TRUE(difference);
  EXPECT_NEAR(difference->difference, 3.15, 1e-12);
  EXPECT_NEAR(difference->low, 0.237882742826, 1e-9);
  EXPECT_NEAR(difference->high, 6.06211725717, 1e-9);
  EXPECT_NEAR(difference->p, 0.0379882494357, 1e-9);
  const std::vector<int64_t> counts = {480, 520, 210};
  const std::vector<double> shares = {.4, .4, .2};
  const GoodnessOfFit fit = chi_square_test(counts, shares);
  EXPECT_NEAR(fit.chi_square, 6.94214876033, 1e-9);
  EXPECT_NEAR(fit.p, 0.0310836170932, 1e-9);
}

TEST(ArmComparison, TooFewValuesGiveNothing) {
  EXPECT_FALSE(mean_interval(moments({1})));
  EXPECT_FALSE(mean_difference(moments({1}), moments({1, 2})));
  EXPECT_FALSE(mean_difference(moments({1, 1}), moments({2, 2})));
}

class ExperimentReportTest : public testing::Test {
 protected:
  ExperimentReportTest() { std::filesystem::create_directories(root_); }
  ~ExperimentReportTest() override { std::filesystem::remove_all(root_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ + "/" + name) << text;
    return root_ + "/" + name;
  }
  static std::string exposure(const std::string& user, const std::string& arm, double time = 100.5, double share = .5) {
    return fmt::format("{{\"time\":{},\"user\":\"{}\",\"experiment\":\"x\",\"arm\":\"{}\",\"share\":{}}}\n", time, user, arm, share);
  }
  std::string root_ = testing::TempDir() + "experiment_report_test_" + std::to_string(::getpid());
};

TEST_F(ExperimentReportTest, CountsAUserFromHisFirstExposureOn) {
  const std::string log = write("e.jsonl", exposure("1", "a", 100.5) + exposure("1", "a", 50.5) + exposure("2", "a") + exposure("3", "b") + exposure("4", "b") +
                                               exposure("5", "a") + exposure("5", "b") + "{\"time\":17\n");
  const std::string outcomes = write("o.csv", "user,time,price\n1,49,100\n1,50,1\n1,200,2\n3,99,7\n3,100,4\n4,300,6\n4,301,6\n5,400,1000\n9,400,1000\n");
  const json report = experiment_report({log}, outcomes, {.metrics = {"price"}});
  EXPECT_EQ(report["exposures"], 7);
  EXPECT_EQ(report["bad_lines"], 1);
  EXPECT_EQ(report["outcomes"], 9);
  const json& x = report["experiments"][0];
  EXPECT_EQ(x["users"], 4);
  EXPECT_EQ(x["in_several_arms"], 1);
  EXPECT_EQ(x["control"], "a");
  const json &conversion = x["metrics"][0]["arms"], &number = x["metrics"][1]["arms"], &price = x["metrics"][2]["arms"];
  EXPECT_EQ(conversion[0]["mean"], .5);
  EXPECT_EQ(conversion[1]["mean"], 1);
  EXPECT_EQ(number[0]["mean"], 1);
  EXPECT_EQ(number[1]["mean"], 1.5);
  EXPECT_EQ(price[0]["mean"], 1.5);
  EXPECT_EQ(price[1]["mean"], 8);
  EXPECT_EQ(price[1]["difference"], 6.5);
  EXPECT_FALSE(price[0].contains("difference"));
  const json other = experiment_report({log}, outcomes, {.metrics = {"price"}, .control = "b"});
  EXPECT_EQ(other["experiments"][0]["metrics"][2]["arms"][0]["difference"], -6.5);
  EXPECT_THAT(experiment_text(report), HasSubstr("1 users were shown several arms"));
}

TEST_F(ExperimentReportTest, TheControlIsThatOfTheExperimentsThatHaveIt) {
  std::string log = exposure("1", "a") + exposure("2", "b");
  for (const char* arm : {"c", "d"}) log += fmt::format("{{\"time\":1,\"user\":\"{}\",\"experiment\":\"y\",\"arm\":\"{}\",\"share\":0.5}}\n", arm, arm);
  const std::string outcomes = write("o.csv", "user\n1\n");
  const json report = experiment_report({write("e.jsonl", log)}, outcomes, {.control = "b"});
  EXPECT_EQ(report["experiments"][0]["control"], "b");
  EXPECT_EQ(report["experiments"][1]["control"], "c");
  EXPECT_THROW(experiment_report({write("e.jsonl", log)}, outcomes, {.control = "e"}), Error);
}

TEST_F(ExperimentReportTest, SaysWhereTheSplitIsOff) {
  std::string even, odd, missing;
  for (int i = 0; i < 2000; ++i) {
    even += exposure(std::to_string(i), i % 2 == 0 ? "a" : "b");
    odd += exposure(std::to_string(i), i % 100 < 55 ? "a" : "b");
    missing += exposure(std::to_string(i), i % 2 == 0 ? "a" : "b", 1, .4);
  }
  const std::string outcomes = write("o.csv", "user\n1\n");
  const auto ratio = [&](const std::string& log) { return experiment_report({write("e.jsonl", log)}, outcomes, {})["experiments"][0]["sample_ratio"]; };
  EXPECT_EQ(ratio(even)["mismatch"], false);
  EXPECT_EQ(ratio(odd)["mismatch"], true);
  EXPECT_EQ(ratio(missing)["mismatch"], true) << "an arm with a fifth of the users was shown to nobody";
  EXPECT_TRUE(ratio(even + exposure("2001", "a", 1, .6))["p"].is_null());
  EXPECT_THAT(experiment_text(experiment_report({write("e.jsonl", odd)}, outcomes, {})), HasSubstr("SAMPLE RATIO MISMATCH: chi-square 20.00"));
}

// Intervals of arms without a difference hold 0 about 19 times in 20: 95 % of 400 runs, give or take three standard errors.
TEST_F(ExperimentReportTest, IntervalsCoverAsTheySay) {
  int covered = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    Random random(run);
    Moments a, b;
    for (int i = 0; i < 60; ++i) a.add(random.uniform() < .3), b.add(std::exp(random.normal()) - std::exp(.5) + .3);
    const auto difference = mean_difference(b, a);
    covered += difference->low <= 0 && difference->high >= 0;
  }
  EXPECT_NEAR(static_cast<double>(covered) / kRuns, .95, .045);
}

TEST_F(ExperimentReportTest, BadFilesAreErrors) {
  const std::string log = write("e.jsonl", exposure("1", "a") + exposure("2", "b")), outcomes = write("o.csv", "user,price\n1,2\n");
  EXPECT_THROW(experiment_report({root_ + "/none"}, outcomes, {}), Error);
  EXPECT_THROW(experiment_report({outcomes}, outcomes, {}), Error);
  EXPECT_THROW(experiment_report({log}, outcomes, {.metrics = {"prize"}}), Error);
  EXPECT_THROW(experiment_report({log}, outcomes, {.control = "c"}), Error);
  EXPECT_THROW(experiment_report({log}, write("m.csv", "user,time\n1,1732776892123\n"), {}), Error);
  EXPECT_EQ(experiment_report({log}, outcomes, {})["experiments"][0]["metrics"][0]["arms"][0]["interval"], nullptr);
}

}  // namespace
}  // namespace rechub
