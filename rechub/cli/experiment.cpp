#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/serve/experiment_report.h"

namespace rechub::cli {

int run_experiment(int argc, const char* const* argv) {
  const std::string_view action = argc > 1 ? argv[1] : "";
  const bool is_report = action == "report";
  check(is_report || action == "--help" || action == "-h", ErrorKind::kUsage, "expected 'rechub experiment report', got '{}'; see rechub experiment --help", action);
  std::string outcomes, json;
  std::vector<std::string> exposures;
  ExperimentReportOptions options;
  Arguments arguments("experiment report", "Compare the arms of experiments by what their users did.");
  arguments.flag("exposures", exposures, "files of exposures that rechub serve wrote", Arguments::kRequired);
  arguments.flag("outcomes", outcomes, "a table with a user column and a row an outcome (CSV, TSV, Parquet); a time column, in seconds, leaves out what came before the exposure",
                 Arguments::kRequired);
  arguments.flag("metric", options.metrics, "columns of the outcomes to sum for each user; whether and how often there is an outcome is always compared");
  arguments.flag("control", options.control, "the arm to compare the others with; the first one logged where not given, and of experiments without this arm");
  arguments.flag("user-col", options.user_col, "column of user ids in the outcomes, where its name is unusual");
  arguments.flag("time-col", options.time_col, "column of times in the outcomes, where its name is unusual");
  arguments.flag("json", json, "also write the report to this file");
  if (!arguments.parse(argc - is_report, argv + is_report) || !arguments.finish()) return 0;
  const nlohmann::json report = experiment_report(exposures, outcomes, options);
  print_result(experiment_text(report));
  if (!json.empty()) write_json(json, report);
  return 0;
}

}  // namespace rechub::cli
