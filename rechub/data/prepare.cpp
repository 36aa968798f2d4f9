#include "rechub/data/prepare.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <limits>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/data/dataset_files.h"
#include "rechub/data/dataset_writer.h"
#include "rechub/data/event_features.h"
#include "rechub/data/event_stream.h"
#include "rechub/data/feature_plans.h"
#include "rechub/data/feature_spaces.h"
#include "rechub/data/feature_tables.h"
#include "rechub/data/interactions.h"
#include "rechub/data/manifest.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/sequence_files.h"
#include "rechub/data/table.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int64_t kLeastSorterBytes = int64_t{32} << 20;  // below it, sorting on disk spares nothing
constexpr int64_t kMostTimeGaps = 64;                     // each is twice as long as the one before, and times have 64 bits
constexpr int64_t kMostTextBuckets = std::numeric_limits<int32_t>::max() - kFirstIndex;

void check_options(const PrepareOptions& options) {
  const auto is_one_of = [](const std::string& value, std::initializer_list<const char*> known) { return std::find(known.begin(), known.end(), value) != known.end(); };
  check(options.min_user_events >= 1 && options.min_item_events >= 1, ErrorKind::kUsage, "min_user_events and min_item_events must be 1 or more, got {} and {}",
        options.min_user_events, options.min_item_events);
  check(options.max_bad_rows >= 0, ErrorKind::kUsage, "max_bad_rows must be 0 or more, got {}", options.max_bad_rows);
  check(options.time_gap_buckets >= 0 && options.time_gap_buckets <= kMostTimeGaps, ErrorKind::kUsage, "time_gap_buckets must be 0 (none) to {}, got {}", kMostTimeGaps,
        options.time_gap_buckets);
  check(options.text_buckets >= 1 && options.text_buckets <= kMostTextBuckets, ErrorKind::kUsage, "text_buckets must be 1 to {}, got {}", kMostTextBuckets, options.text_buckets);
  check(is_one_of(options.test_targets, {"prefixes", "last"}), ErrorKind::kUsage, "test_targets must be prefixes or last, got '{}'", options.test_targets);
  check(is_one_of(options.missing, {"refuse", "mean", "zero"}), ErrorKind::kUsage, "missing must be refuse, mean or zero, got '{}'", options.missing);
  check(options.session_col.empty() || options.session_gap.empty(), ErrorKind::kUsage, "session_col and session_gap are two ways to cut sessions; give one of them");
  const bool needs_type = !options.keep_events.empty() || !options.target_events.empty();
  check(!needs_type || !options.event_type_col.empty(), ErrorKind::kUsage, "keep_events and target_events need event_type_col, the column that holds the event types");
}

AtomicDirectory open_output(const std::string& directory, bool overwrite) {
  std::error_code ignored;
  const bool is_free = !fs::exists(directory, ignored) || fs::is_empty(directory, ignored);
  if (is_free || !overwrite) {
    const bool could_overwrite = !is_free && is_dataset(directory);
    check(!could_overwrite, ErrorKind::kUsage, "{} holds a data set already: choose another place, or replace it with --overwrite", directory);
    return AtomicDirectory(directory, AtomicDirectory::kRefuse);
  }
  check(is_dataset(directory), ErrorKind::kUsage, "{} is not empty and no data set, so --overwrite does not replace it: choose another place or remove it first", directory);
  return AtomicDirectory(directory, AtomicDirectory::kReplace);
}

void log_memory_plan(const PrepareOptions& options, const FeaturePlans& plans, const MemoryLimit& limit, const std::string& directory, const LogLine& log) {
  if (limit.bytes == MemoryLimit::kUnlimited) return;
  const int64_t num_rows = open_table(options.interactions, {.format = options.format, .max_bad_rows = options.max_bad_rows})->num_rows_hint();
  const bool has_weight = !options.weight_col.empty() || !options.target_events.empty();
  const int64_t record_bytes = 4 * (EventRecord::kFixedWords + (has_weight ? 1 : 0) + static_cast<int64_t>(plans.event.features.size()));
  for (const std::string& line : describe_memory_plan(limit, num_rows, record_bytes, directory)) log(line);
}

int64_t session_gap_ticks(const PrepareOptions& options, const Interactions& log) {
  if (options.session_gap.empty()) return 0;
  const int64_t seconds = parse_seconds(options.session_gap, "session_gap");
  check(!log.columns.time.empty(), ErrorKind::kUsage, "session_gap needs times, and there is no time column");
  const int64_t ticks = ticks_per_second(log.time_unit);
  check(ticks > 0, ErrorKind::kUsage,
        "session_gap needs times in seconds, milliseconds, micro- or nanoseconds since 1970, or as text; what the numbers of the column '{}' count is not known", log.columns.time);
  return seconds * ticks;
}

void check_any_left(const PrepareOptions& options, const EventCounts& counts) {
  check(counts.num_events > 0, ErrorKind::kData,
        "all {} events are filtered away: no users with {} or more events and items with {} or more are left; lower min_user_events or min_item_events", counts.num_seen,
        options.min_user_events, options.min_item_events);
}

void log_columns(const Interactions& log, const LogLine& line) {
  const InteractionColumns& c = log.columns;
  std::vector<std::string> guessed;
  if (c.is_guessed_user) guessed.emplace_back("user");
  if (c.is_guessed_item) guessed.emplace_back("item");
  if (c.is_guessed_time) guessed.emplace_back("time");
  line(fmt::format("columns: user = {}, item = {}, time = {}{}", c.user, c.item, c.time.empty() ? "none" : c.time,
                   guessed.empty() ? "" : fmt::format("; guessed: {}", fmt::join(guessed, ", "))));
  for (const std::string& warning : log.warnings) line("warning: " + warning);
  if (log.num_bad_rows > 0) line(fmt::format("{} unreadable rows of {} were left out", log.num_bad_rows, log.num_rows + log.num_bad_rows));
}

ordered_json options_of(const PrepareOptions& options) {
  PrepareOptions copy = options;
  ordered_json result = options_to_json([&](OptionVisitor& visitor) { copy.describe(visitor); });
  result.erase("max_ram");  // changes nothing in the data
  for (const std::string& path : options.interactions) result["interactions"].push_back(shown_path(path));
  return result;
}

ordered_json checks_of(const WrittenEvents& written, const Interactions& log, int64_t num_left_out) {
  std::vector<DatasetCheck> checks = written.checks;
  checks.push_back({"bad_rows", log.num_bad_rows, fmt::format("unreadable rows: {} left out", log.num_bad_rows)});
  checks.push_back({"events_left_out", num_left_out, fmt::format("left out: {} events, by filters, event types and deduplication", num_left_out)});
  ordered_json list = ordered_json::array();
  for (const DatasetCheck& check : checks) list.push_back({{"name", check.name}, {"value", check.value}, {"sentence", check.sentence}});
  return list;
}

ordered_json make_manifest(const PrepareOptions& options, const Interactions& log, const EventCounts& counts, const Numbering& numbering, const WrittenEvents& written) {
  const InteractionColumns& c = log.columns;
  ordered_json manifest = {
      {"events", counts.num_events},
      {"users", numbering.owners.size()},
      {"items", numbering.items.size()},
      {"cold_items", numbering.items.size() - numbering.num_items},
      {"targets", written.num_targets},
      {"user_id_type", numbering.owners.is_integer() ? "int64" : "utf8"},
      {"item_id_type", numbering.items.is_integer() ? "int64" : "utf8"},
      {"has_times", !c.time.empty()},
      {"time_unit", time_unit_name(log.time_unit)},
      {"has_weights", log.extra.weight >= 0},
      {"has_repeats", written.has_repeats},
      {"has_sessions", !numbering.owner_user.empty()},
      {"users_are_lines", log.owners_are_lines},
      {"columns", {{"user", c.user}, {"item", c.item}, {"time", c.time}, {"weight", c.weight}, {"session", c.session}, {"event_type", c.type}}},
      {"rows", {{"read", log.num_rows}, {"bad", log.num_bad_rows}, {"other_event_types", log.num_other_types}, {"left_out", log.sorter->size() - counts.num_events}}},
      {"checks", checks_of(written, log, log.num_other_types + log.sorter->size() - counts.num_events)},
      {"test_users", numbering.test_users},
      {"test_targets", options.test_targets},
      {"options", options_of(options)},
  };
  return manifest;
}

std::vector<int32_t> item_events(const EventCounts& counts, const Numbering& numbering) {
  std::vector<int32_t> result(static_cast<size_t>(numbering.items.rows()));
  for (size_t item = kFirstIndex; item < counts.item.size(); ++item) {
    if (counts.item[item] > 0) result[static_cast<size_t>(numbering.item[item])] = counts.item[item];
  }
  return result;
}

ordered_json specs_of(const std::vector<FeatureValues>& features) {
  ordered_json list = ordered_json::array();
  for (const FeatureValues& feature : features) list.push_back(ordered_json(feature_spec_to_json(feature.spec)));
  return list;
}

ordered_json specs_of(const std::vector<FeatureSpec>& specs) {
  ordered_json list = ordered_json::array();
  for (const FeatureSpec& spec : specs) list.push_back(ordered_json(feature_spec_to_json(spec)));
  return list;
}

// Saves the vocabularies; space to file name.
ordered_json save_spaces(const FeatureSpaces& spaces, const std::string& folder) {
  ordered_json files = ordered_json::object();
  for (const auto& [name, vocabulary] : spaces.all()) {
    files[name] = plain_file_name("spaces", name, files.size());
    fs::create_directories(folder + "/spaces");
    vocabulary.save(folder + "/" + files[name].get<std::string>());
  }
  return files;
}

}  // namespace

Dataset prepare(const PrepareOptions& options, const std::string& directory, const LogLine& log) {
  MemoryLimit limit;
  if (!options.max_ram.empty()) limit.bytes = parse_bytes(options.max_ram, "max_ram");
  // A table that lies in memory already is not copied into the sorter as a whole: beyond a quarter of it, events are sorted on disk.
  int64_t table_bytes = 0;
  for (const std::string& path : options.interactions) table_bytes += memory_table_bytes(path);
  if (table_bytes > 0) limit.sorter_bytes = std::max(table_bytes / 4, kLeastSorterBytes);
  Dataset dataset = prepare(options, directory, log, limit);
  limit.end_reading();
  return dataset;
}

Dataset prepare(const PrepareOptions& options, const std::string& directory, const LogLine& log_line, const MemoryLimit& limit) {
  check_options(options);
  AtomicDirectory output = open_output(directory, options.overwrite);
  const std::string& folder = output.temporary_path();
  const FeaturePlans plans = plan_all_features(options, log_line);
  log_memory_plan(options, plans, limit, directory, log_line);

  FeatureSpaces spaces;
  const auto log = read_interactions(options, plans.event, spaces, limit, folder);
  log_columns(*log, log_line);
  EventStream events(*log->sorter, options.deduplicate, session_gap_ticks(options, *log));
  const EventCounts counts = count_events(events, log->items.rows(), options.min_user_events, options.min_item_events);
  check_any_left(options, counts);
  Numbering numbering = number_ids(*log, events, counts);
  FeatureTables tables = read_feature_tables(options, plans, *log, spaces, numbering, log_line);
  EventFeatures event_features(*log, *log->event_columns, spaces, numbering, {plans.event.crosses, options.time_gap_buckets, is_feature_name(plans, "time_gap")});

  const WrittenEvents written = write_events(folder + "/events.arrow", *log, events, counts, numbering, event_features);
  std::vector<SequenceFile> sequences = write_sequences(options, plans, *log, spaces, numbering, limit, folder);
  write_users(folder + "/users.arrow", written.user_begin, sequences, tables.user);
  write_items(folder + "/items.arrow", item_events(counts, numbering), tables.item);
  numbering.owners.save(folder + "/user_ids.arrow");
  numbering.items.save(folder + "/item_ids.arrow");
  ordered_json manifest = make_manifest(options, *log, counts, numbering, written);
  manifest["rows"].update(tables.report);
  // Rows are set at last: features that share a vocabulary have all added to it by now.
  set_rows(tables, spaces, numbering.items.rows());
  manifest["features"] = {{"user", specs_of(tables.user)}, {"item", specs_of(tables.item)}, {"event", specs_of(event_features.specs())}};
  manifest["sequences"] = describe_sequences(sequences, spaces, numbering.items.rows(), log_line);
  manifest["spaces"] = save_spaces(spaces, folder);
  write_manifest(folder, kDatasetFormat, kDatasetVersion, manifest);
  output.commit();
  return Dataset::open(directory);
}

Dataset open_or_prepare(const std::string& path, PrepareOptions options, const std::string& scratch, const LogLine& log) {
  if (fs::exists(path + "/manifest.json")) return Dataset::open(path, true);
  options.interactions = {path};
  options.overwrite = true;
  return prepare(options, scratch + "/dataset", log);
}

}  // namespace rechub
