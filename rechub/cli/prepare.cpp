#include "rechub/data/prepare.h"

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/data/dataset_checks.h"
#include "rechub/data/memory_plan.h"

namespace rechub::cli {
namespace {

int64_t bytes_on_disk(const nlohmann::json& manifest) {
  int64_t bytes = 0;
  for (const auto& [name, file] : manifest.at("files").items()) bytes += file.at("size").get<int64_t>();
  return bytes;
}

nlohmann::json describe_result(const Dataset& dataset, double seconds) {
  const nlohmann::json& manifest = dataset.manifest();
  const int64_t rows = manifest.at("rows").at("read").get<int64_t>();
  const int64_t bytes = bytes_on_disk(manifest);
  return {{"path", dataset.directory()},
          {"events", dataset.num_events()},
          {"users", dataset.num_users()},
          {"items", dataset.num_items()},
          {"columns", manifest.at("columns")},
          {"features", manifest.at("features")},
          {"rows", manifest.at("rows")},
          {"checks", manifest.at("checks")},
          {"bytes", bytes},
          {"bytes_per_event", static_cast<double>(bytes) / static_cast<double>(dataset.num_events())},
          {"seconds", seconds},
          {"rows_per_second", static_cast<double>(rows) / seconds},
          {"peak_rss_bytes", peak_rss_bytes()}};
}

void print_summary(const nlohmann::json& result) {
  print_result(fmt::format("{} events of {} users and {} items\n", result["events"].get<int64_t>(), result["users"].get<int64_t>(), result["items"].get<int64_t>()));
  for (const std::string& line : check_lines(checks_from_json(result))) print_result(fmt::format("  {}\n", line));
  print_result(fmt::format("{}: {:.1f} bytes an event; {:.2f} s, {:.2f} million rows/s; peak memory {}\n", result["path"].get<std::string>(),
                           result["bytes_per_event"].get<double>(), result["seconds"].get<double>(), result["rows_per_second"].get<double>() / 1e6,
                           size_text(result["peak_rss_bytes"].get<int64_t>())));
}

}  // namespace

int run_prepare(int argc, const char* const* argv) {
  PrepareOptions options;
  std::string out, json;
  Arguments arguments("prepare", "Turn an interaction log, and features of users and items, into a data set: a directory that is mapped into memory.");
  arguments.flag("interactions", options.interactions, "files or directories: CSV, TSV, Parquet, RecBole .inter, sequences or sessions", Arguments::kRequired);
  arguments.flag("out", out, "directory of the data set", Arguments::kRequired);
  arguments.flag("overwrite", options.overwrite, "replace a data set at --out");
  arguments.flag("json", json, "also write the result to this file");
  arguments.section("data", options);
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;

  const double start = monotonic_seconds();
  const Dataset dataset = prepare(options, out, [](const std::string& line) { log_line(line); });
  const nlohmann::json result = describe_result(dataset, monotonic_seconds() - start);
  print_summary(result);
  if (!json.empty()) write_json(json, result);
  return 0;
}

}  // namespace rechub::cli
