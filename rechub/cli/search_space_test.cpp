#include "rechub/cli/search_space.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "rechub/base/error.h"

namespace rechub::cli {
namespace {

TEST(SearchSpace, ReadsRangesAndChoices) {
  const SearchDimension rate = parse_dimension("optimizer.learning_rate=1e-4:1e-2:log");
  EXPECT_EQ(rate.setting, "optimizer.learning_rate");
  EXPECT_TRUE(rate.is_log);
  EXPECT_FALSE(rate.is_whole);
  EXPECT_EQ(rate.value(0), "0.0001");
  EXPECT_EQ(rate.value(0.5), "0.001");  // the middle of a logarithmic range
  EXPECT_EQ(parse_dimension("model.dropout=0.0:0.5").value(0.5), "0.25");
  const SearchDimension dim = parse_dimension("model.dim=32|64|128");
  EXPECT_EQ(dim.value(0), "32");
  EXPECT_EQ(dim.value(0.34), "64");
  EXPECT_EQ(dim.value(0.999), "128");
}

TEST(SearchSpace, WholeRangesGiveEachNumberItsShare) {
  const SearchDimension layers = parse_dimension("model.num_layers=1:3");
  EXPECT_TRUE(layers.is_whole);
  std::set<std::string> seen;
  int ones = 0;
  for (int i = 0; i < 300; ++i) {
    seen.insert(layers.value(i / 300.0));
    ones += layers.value(i / 300.0) == "1";
  }
  EXPECT_EQ(seen, (std::set<std::string>{"1", "2", "3"}));
  EXPECT_NEAR(ones, 100, 1);
}

TEST(SearchSpace, RefusesWhatIsNoRange) {
  for (const char* text :
       {"dropout=0:1", "model.dropout", "model.dropout=1:0", "model.dropout=0:1:log", "model.dropout=0:1:lin", "model.dim=1||2", "model.dropout=a:b", "model.=1|2"}) {
    EXPECT_THROW(parse_dimension(text), Error) << text;
  }
}

TEST(SearchSpace, TakesTheMainSettingsThatTheModelHas) {
  const nlohmann::json config = {{"optimizer", {{"learning_rate", 0.1}}}, {"training", nlohmann::json::object()}, {"model", {{"dropout", 0.1}, {"similarity", "dot"}}}};
  const auto space = main_dimensions(config);
  ASSERT_EQ(space.size(), 2u);
  EXPECT_EQ(space[0].setting, "optimizer.learning_rate");
  EXPECT_EQ(space[1].setting, "model.dropout");
  nlohmann::json cosine = config;
  cosine["model"]["similarity"] = "cosine";
  EXPECT_EQ(main_dimensions(cosine).back().setting, "model.temperature");
}

// Of n points of an even sequence each tenth of a dimension holds about n / 10; random ones would miss by 3 or 4 of 100.
TEST(SearchSpace, TrialsFillTheSpaceEvenly) {
  const std::vector<SearchDimension> space = {parse_dimension("a.x=0.0:1.0"), parse_dimension("a.y=0.0:1.0"), parse_dimension("a.z=0.0:1.0")};
  EXPECT_TRUE(trial_settings(space, 0, 1).empty());
  EXPECT_EQ(trial_settings(space, 5, 1), trial_settings(space, 5, 1));
  EXPECT_NE(trial_settings(space, 5, 1), trial_settings(space, 5, 2));
  for (size_t j = 0; j < space.size(); ++j) {
    std::vector<int> tenths(10);
    for (int64_t trial = 1; trial <= 100; ++trial) {
      const std::string set = trial_settings(space, trial, 1)[j];
      ++tenths[std::min(9, static_cast<int>(std::stod(set.substr(set.find('=') + 1)) * 10))];
    }
    for (int tenth : tenths) EXPECT_NEAR(tenth, 10, 3);
  }
}

}  // namespace
}  // namespace rechub::cli
