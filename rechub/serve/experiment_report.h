#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace rechub {

struct ExperimentReportOptions {
  std::vector<std::string> metrics = {};     // columns of the outcomes, summed for each user
  std::string control = {};                  // the arm the others are compared with; the first one logged of experiments without it, and for ""
  std::string user_col = {}, time_col = {};  // of the outcomes; "" for the usual names
};

// Compares the arms of logged experiments. A user counts in the arm he was shown, with what he did from his first exposure on (where the outcomes have a time, in seconds since
// 1970); users shown several arms of one experiment are left out and counted. Metrics: `conversion`, the share of users with an outcome; `outcomes`, their number a user; and the
// sum of each asked column a user. Each arm gets its mean with Student's 95 % interval, each but the control the difference with Welch's interval and its two-sided p. The numbers
// of users are held against the logged shares by Pearson's chi-square test: p < .001 is a sample ratio mismatch, and then the comparison is not to be trusted.
//
// `exposures`: files of ExposureLog; lines that are none of its are counted. `outcomes`: any table of data/table.h with a user column, a row an outcome. Throws kNotFound, kData
// and kUsage for files and columns that are not there.
//
//   {"exposures": n, "bad_lines": n, "outcomes": n, "experiments": [{"name", "control", "users", "in_several_arms", "sample_ratio": {"chi_square", "p", "mismatch", "arms":
//   [{"arm", "share", "users"}]}, "metrics": [{"name", "arms": [{"arm", "users", "mean", "interval", "difference", "difference_interval", "relative", "p"}]}]}]}
//
// Figures that too few users cannot give are null.
nlohmann::json experiment_report(const std::vector<std::string>& exposures, const std::string& outcomes, const ExperimentReportOptions& options);
std::string experiment_text(const nlohmann::json& report);

}  // namespace rechub
