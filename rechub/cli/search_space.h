#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace rechub::cli {

// One setting that `rechub tune` varies: a range, on a logarithmic scale where is_log, or a list of choices.
struct SearchDimension {
  std::string setting;  // "optimizer.learning_rate"
  double low = 0, high = 0;
  bool is_log = false, is_whole = false;
  std::vector<std::string> choices;  // not empty: these instead of the range

  std::string value(double position) const;  // what stands at a position in [0, 1), as --set takes it
  nlohmann::json to_json() const;
};

// "SECTION.KEY=LOW:HIGH", "SECTION.KEY=LOW:HIGH:log" or "SECTION.KEY=A|B|C". Whole numbers where both ends are. Throws kUsage.
SearchDimension parse_dimension(const std::string& text);

// The main settings of a model: those of a list in search_space.cpp that `config` (every value, by section) has.
std::vector<SearchDimension> main_dimensions(const nlohmann::json& config);

// SECTION.KEY=VALUE for every dimension of a trial. Trial 0 changes nothing; the others are points of a randomised Halton sequence (Owen, "A randomized Halton algorithm in R",
// 2017), which fills the space evenly however many trials there will be.
std::vector<std::string> trial_settings(const std::vector<SearchDimension>& space, int64_t trial, uint64_t seed);

}  // namespace rechub::cli
