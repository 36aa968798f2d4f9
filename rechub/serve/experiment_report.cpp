#include "rechub/serve/experiment_report.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <unordered_map>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/cells.h"
#include "rechub/data/table.h"
#include "rechub/serve/arm_comparison.h"

namespace rechub {
namespace {

using nlohmann::json;

constexpr double kMismatch = 0.001;  // the p below which the numbers of users do not fit the shares
constexpr int32_t kNoArm = -1, kSeveralArms = -2;
constexpr int64_t kLatestTime = 100'000'000'000;  // the year 5138 in seconds; times beyond are milliseconds

struct LoggedArm {
  std::string name;
  double share = 0;
};

// What was logged of one experiment.
struct LoggedExperiment {
  std::string name;
  std::vector<LoggedArm> arms = {};
  bool has_changed = false;                   // an arm was logged with two shares
  std::vector<int32_t> arm = {};              // of each user
  std::vector<int64_t> first = {};            // time of each user's first exposure
  std::vector<std::vector<float>> sums = {};  // [metric][user]

  int32_t arm_number(const std::string& arm_name, double share) {
    for (size_t i = 0; i < arms.size(); ++i) {
      if (arms[i].name != arm_name) continue;
      has_changed |= arms[i].share != share;
      return static_cast<int32_t>(i);
    }
    arms.push_back({arm_name, share});
    return static_cast<int32_t>(arms.size() - 1);
  }
  void add(size_t user, int32_t number, int64_t time) {
    if (arm.size() <= user) arm.resize(user + 1, kNoArm), first.resize(user + 1, std::numeric_limits<int64_t>::max());
    arm[user] = arm[user] == kNoArm || arm[user] == number ? number : kSeveralArms;
    first[user] = std::min(first[user], time);
  }
};

struct Log {
  std::unordered_map<std::string, size_t> users;
  std::vector<LoggedExperiment> experiments;
  int64_t num_exposures = 0, num_bad_lines = 0;

  LoggedExperiment& experiment(const std::string& name) {
    const auto found = std::find_if(experiments.begin(), experiments.end(), [&](const LoggedExperiment& experiment) { return experiment.name == name; });
    return found != experiments.end() ? *found : experiments.emplace_back(LoggedExperiment{name});
  }

  bool add(const json& line) {
    if (!line.is_object()) return false;
    for (const char* key : {"user", "experiment", "arm"}) {
      if (!line.contains(key) || !line[key].is_string()) return false;
    }
    for (const char* key : {"time", "share"}) {
      if (!line.contains(key) || !line[key].is_number()) return false;
    }
    const size_t user = users.try_emplace(line["user"].get<std::string>(), users.size()).first->second;
    LoggedExperiment& of = experiment(line["experiment"].get<std::string>());
    of.add(user, of.arm_number(line["arm"].get<std::string>(), line["share"].get<double>()), static_cast<int64_t>(std::floor(line["time"].get<double>())));
    ++num_exposures;
    return true;
  }
};

Log read_exposures(const std::vector<std::string>& paths) {
  Log log;
  for (const std::string& path : paths) {
    std::ifstream file(path);
    check(file.good(), ErrorKind::kNotFound, "{}: there is no such file", path);
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && !log.add(json::parse(line, nullptr, false))) ++log.num_bad_lines;
    }
  }
  check(log.num_exposures > 0, ErrorKind::kData, "{}: no exposures were found; {} lines are none", fmt::join(paths, ", "), log.num_bad_lines);
  for (LoggedExperiment& experiment : log.experiments) {
    experiment.arm.resize(log.users.size(), kNoArm);
    experiment.first.resize(log.users.size(), std::numeric_limits<int64_t>::max());
  }
  return log;
}

int column_of(const arrow::Schema& schema, const std::string& name, const std::string& path) {
  const int column = schema.GetFieldIndex(name);
  check(column >= 0, ErrorKind::kUsage, "{}: {}", path, unknown_name_message("column", name, schema.field_names()));
  return column;
}

// Adds conversion, number and sums of the outcomes to each experiment's users; returns how many rows there are.
int64_t add_outcomes(Log& log, const std::string& path, const ExperimentReportOptions& options) {
  const auto reader = open_table({path}, {});
  const auto schema = reader->schema();
  const int user_column = find_column(*schema, ColumnRole::kUser, options.user_col), time_column = find_column(*schema, ColumnRole::kTime, options.time_col);
  check(user_column >= 0, ErrorKind::kData, "{}: no column of user ids was found; name it with --user-col; the columns are {}", path, fmt::join(schema->field_names(), ", "));
  std::vector<int> columns;
  for (const std::string& metric : options.metrics) columns.push_back(column_of(*schema, metric, path));
  for (LoggedExperiment& experiment : log.experiments) experiment.sums.assign(columns.size() + 2, std::vector<float>(log.users.size()));
  int64_t num_rows = 0;
  std::vector<float> values(columns.size() + 2, 1.0f);
  while (const auto batch = reader->next()) {
    Cells users(*reader, *batch, user_column);
    std::vector<Cells> metrics;
    for (const int column : columns) metrics.emplace_back(*reader, *batch, column);
    std::optional<Cells> times;
    if (time_column >= 0) times.emplace(*reader, *batch, time_column);
    num_rows += users.size();
    for (int64_t row = 0; row < users.size(); ++row) {
      const auto text = users.text(row);
      const auto time = times ? times->time(row) : std::optional<int64_t>(std::numeric_limits<int64_t>::max());
      if (!text || !time) continue;
      check(!times || *time < kLatestTime, ErrorKind::kData, "{}: time {} is not in seconds since 1970", reader->where(row), *time);
      const auto user = log.users.find(std::string(*text));
      if (user == log.users.end()) continue;
      for (size_t i = 0; i < metrics.size(); ++i) {
        const auto value = metrics[i].number(row);
        values[i + 2] = value && !std::isnan(*value) ? static_cast<float>(*value) : 0.0f;
      }
      for (LoggedExperiment& experiment : log.experiments) {
        if (*time < experiment.first[user->second]) continue;
        experiment.sums[0][user->second] = 1;
        for (size_t i = 1; i < values.size(); ++i) experiment.sums[i][user->second] += values[i];
      }
    }
  }
  return num_rows;
}

json sample_ratio(const LoggedExperiment& experiment, const std::vector<int64_t>& users) {
  json result = {{"chi_square", nullptr}, {"p", nullptr}, {"mismatch", nullptr}, {"arms", json::array()}};
  std::vector<int64_t> counts = users;
  std::vector<double> shares;
  double rest = 1;
  for (size_t i = 0; i < experiment.arms.size(); ++i) {
    const LoggedArm& arm = experiment.arms[i];
    result["arms"].push_back({{"arm", arm.name}, {"share", arm.share}, {"users", users[i]}});
    shares.push_back(arm.share);
    rest -= arm.share;
  }
  if (experiment.has_changed) return result;
  if (rest > 1e-6) counts.push_back(0), shares.push_back(rest);  // arms that nobody was shown
  const GoodnessOfFit fit = chi_square_test(counts, shares);
  result["chi_square"] = fit.chi_square;
  result["p"] = fit.p;
  result["mismatch"] = fit.p < kMismatch;
  return result;
}

json compare(const std::string& metric, const LoggedExperiment& experiment, const std::vector<float>& sums, size_t control) {
  std::vector<Moments> moments(experiment.arms.size());
  for (size_t user = 0; user < sums.size(); ++user) {
    if (experiment.arm[user] >= 0) moments[experiment.arm[user]].add(sums[user]);
  }
  json rows = json::array();
  for (size_t i = 0; i < moments.size(); ++i) {
    const auto interval = mean_interval(moments[i]);
    json row = {{"arm", experiment.arms[i].name}, {"users", moments[i].count()}, {"mean", nullptr}, {"interval", nullptr}};
    if (moments[i].count() > 0) row["mean"] = moments[i].mean();
    if (interval) row["interval"] = {interval->first, interval->second};
    const auto difference = i == control ? std::nullopt : mean_difference(moments[i], moments[control]);
    if (difference) {
      row["difference"] = difference->difference;
      row["difference_interval"] = {difference->low, difference->high};
      row["p"] = difference->p;
      if (moments[control].mean() != 0) row["relative"] = difference->difference / moments[control].mean();
    }
    rows.push_back(row);
  }
  return {{"name", metric}, {"arms", rows}};
}

std::optional<size_t> find_arm(const LoggedExperiment& experiment, const std::string& name) {
  const auto found = std::find_if(experiment.arms.begin(), experiment.arms.end(), [&](const LoggedArm& arm) { return arm.name == name; });
  return found == experiment.arms.end() ? std::nullopt : std::optional<size_t>(found - experiment.arms.begin());
}

json describe(const LoggedExperiment& experiment, const ExperimentReportOptions& options) {
  const size_t control = find_arm(experiment, options.control).value_or(0);
  std::vector<int64_t> users(experiment.arms.size());
  for (const int32_t arm : experiment.arm) {
    if (arm >= 0) ++users[arm];
  }
  json result = {
      {"name", experiment.name}, {"control", experiment.arms[control].name}, {"in_several_arms", std::count(experiment.arm.begin(), experiment.arm.end(), kSeveralArms)}};
  result["users"] = std::count_if(experiment.arm.begin(), experiment.arm.end(), [](int32_t arm) { return arm >= 0; });
  result["sample_ratio"] = sample_ratio(experiment, users);
  std::vector<std::string> names = {"conversion", "outcomes"};
  names.insert(names.end(), options.metrics.begin(), options.metrics.end());
  for (size_t i = 0; i < names.size(); ++i) result["metrics"].push_back(compare(names[i], experiment, experiment.sums[i], control));
  return result;
}

std::string number(const json& value) { return value.is_null() ? "-" : fmt::format("{:.5g}", value.get<double>()); }
std::string interval(const json& row, const char* key) { return !row.contains(key) || row[key].is_null() ? "" : fmt::format("[{}, {}]", number(row[key][0]), number(row[key][1])); }

std::string ratio_text(const json& ratio) {
  if (ratio["p"].is_null()) return "  the arms' shares were changed while it ran: users came into it under different rules, so the arms cannot be compared as they are\n";
  if (!ratio["mismatch"].get<bool>())
    return fmt::format("  users fit the arms' shares: chi-square {:.2f}, p {:.3g}\n", ratio["chi_square"].get<double>(), ratio["p"].get<double>());
  std::string text = fmt::format("  SAMPLE RATIO MISMATCH: chi-square {:.2f}, p {:.3g}. Users were lost or added by arm: find out why before you trust what follows\n",
                                 ratio["chi_square"].get<double>(), ratio["p"].get<double>());
  for (const json& arm : ratio["arms"])
    text += fmt::format("    {}: {} users, share {:.4f}\n", arm["arm"].get<std::string>(), arm["users"].get<int64_t>(), arm["share"].get<double>());
  return text;
}

}  // namespace

json experiment_report(const std::vector<std::string>& exposures, const std::string& outcomes, const ExperimentReportOptions& options) {
  Log log = read_exposures(exposures);
  const int64_t num_outcomes = add_outcomes(log, outcomes, options);
  const bool has_control = std::any_of(log.experiments.begin(), log.experiments.end(), [&](const LoggedExperiment& experiment) { return find_arm(experiment, options.control); });
  check(options.control.empty() || has_control, ErrorKind::kUsage, "nobody was shown arm {} of any experiment", options.control);
  json report = {{"exposures", log.num_exposures}, {"bad_lines", log.num_bad_lines}, {"outcomes", num_outcomes}, {"experiments", json::array()}};
  for (const LoggedExperiment& experiment : log.experiments) report["experiments"].push_back(describe(experiment, options));
  return report;
}

std::string experiment_text(const json& report) {
  std::string text = fmt::format("{} exposures, {} outcomes", report["exposures"].get<int64_t>(), report["outcomes"].get<int64_t>());
  if (report["bad_lines"] != 0) text += fmt::format("; {} lines are no exposures and were left out", report["bad_lines"].get<int64_t>());
  text += "\n";
  for (const json& experiment : report["experiments"]) {
    text += fmt::format("\n{}: {} users, control {}\n", experiment["name"].get<std::string>(), experiment["users"].get<int64_t>(), experiment["control"].get<std::string>());
    if (experiment["in_several_arms"] != 0) text += fmt::format("  {} users were shown several arms and are left out\n", experiment["in_several_arms"].get<int64_t>());
    text += ratio_text(experiment["sample_ratio"]);
    for (const json& metric : experiment["metrics"]) {
      text += fmt::format("  {}\n", metric["name"].get<std::string>());
      for (const json& row : metric["arms"]) {
        text +=
            fmt::format("    {:<16} {:>9} users  mean {:<10} {:<24}", row["arm"].get<std::string>(), row["users"].get<int64_t>(), number(row["mean"]), interval(row, "interval"));
        if (row.contains("difference")) {
          text += fmt::format("  difference {} {}", number(row["difference"]), interval(row, "difference_interval"));
          if (row.contains("relative")) text += fmt::format(" ({:+.2f} %)", 100 * row["relative"].get<double>());
          text += fmt::format(", p {:.3g}", row["p"].get<double>());
        }
        while (text.back() == ' ') text.pop_back();
        text += "\n";
      }
    }
  }
  return text;
}

}  // namespace rechub
