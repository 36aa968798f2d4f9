#include <charconv>
#include <cmath>

#include "rechub/base/error.h"
#include "rechub/data/prepare.h"

namespace rechub {
namespace {

struct Unit {
  char letter;
  double factor;
};

// A positive number with one of the letters behind it, or without.
double parse_with_unit(const std::string& text, std::span<const Unit> units, const std::string& option, const char* examples) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  double factor = rest == end ? 1 : 0;
  for (const Unit& unit : units) {
    if (rest + 1 == end && (*rest == unit.letter || *rest == unit.letter - 'A' + 'a')) factor = unit.factor;
  }
  const bool is_valid = error == std::errc() && factor > 0 && value > 0 && value * factor < 9e18;
  check(is_valid, ErrorKind::kUsage, "{} must be {}, got '{}'", option, examples, text);
  return value * factor;
}

}  // namespace

void PrepareOptions::describe(OptionVisitor& visitor) {
  visitor.field("user_features", user_features, "files of user features, joined by the user's id");
  visitor.field("item_features", item_features, "files of item features, joined by the item's id");
  visitor.field("item_vectors", item_vectors,
                "precomputed item vectors: a .npy file with one row an item in the order of the item file, or a Parquet file with the item's id and lists of numbers");
  visitor.field("sequences", sequences, "other sequences of the users with times, NAME=FILE or NAME=FILE:COLUMN: searches=searches.csv:query");
  visitor.field("test", test, "files of test sessions or users, which never train");
  visitor.field("test_targets", test_targets, "what is asked of test sessions: prefixes (every next event) or last");
  visitor.field("format", format, "of all files: auto, csv, tsv, parquet, inter, sequences (user item item ...) or sessions (item item ...)");
  visitor.field("user_col", user_col, "column of user ids");
  visitor.field("item_col", item_col, "column of item ids");
  visitor.field("time_col", time_col, "column of times; none: the file's order is the order in time");
  visitor.field("weight_col", weight_col, "column of event weights, 0 or more; an event of weight 0 is history but never a target");
  visitor.field("session_col", session_col, "column of sessions: each (user, session) is a sequence of its own");
  visitor.field("session_gap", session_gap, "cut a user's events into sessions where the gap is longer: 30m, 2h, 1d");
  visitor.field("min_user_events", min_user_events, "leave out users with fewer events; repeated with min_item_events until both hold");
  visitor.field("min_item_events", min_item_events, "leave out items with fewer events");
  visitor.field("max_bad_rows", max_bad_rows, "so many unreadable rows are left out and counted; one more is an error");
  visitor.field("deduplicate", deduplicate, "leave out events whose user, item and time stood there before");
  visitor.field("event_type_col", event_type_col, "column of event types (click, cart, buy); the type becomes a history feature");
  visitor.field("keep_events", keep_events, "event types to keep; none given: all");
  visitor.field("target_events", target_events, "event types that may be targets, the others are history only; none given: all");
  visitor.field("context_cols", context_cols, "columns of the interactions that are known when a recommendation is asked for (query, device)");
  visitor.field("history_cols", history_cols, "columns of the interactions that describe past events (watch time)");
  visitor.field("ignore_cols", ignore_cols, "columns of the user and item files to leave out");
  visitor.field("time_gap_buckets", time_gap_buckets, "buckets, each twice as long as the one before, of the time since the previous event, as a history feature; 0: none");
  visitor.field("crosses", crosses, "pairs of sparse features of one table whose combinations are a feature: gender*age");
  visitor.field("text_cols", text_cols, "text columns whose words become hashed letter trigrams");
  visitor.field("text_buckets", text_buckets, "rows that letter trigrams are hashed to");
  visitor.field("features", features, "TOML file with a table [features.NAME] for each feature that is not what it is guessed to be");
  visitor.field("missing", missing, "dense features without a value: refuse, mean or zero");
  visitor.field("only_interacted_items", only_interacted_items, "leave out items of the item file that have no events");
  visitor.field("max_ram", max_ram,
                "memory that preparation and training may take, as 4G; beyond it preparation sorts events on disk, and training that would need more is refused");
}

int64_t parse_bytes(const std::string& text, const std::string& option) {
  constexpr Unit kUnits[] = {{'K', 1024.}, {'M', 1048576.}, {'G', 1073741824.}, {'T', 1099511627776.}};
  return static_cast<int64_t>(parse_with_unit(text, kUnits, option, "a number of bytes as 4G or 512M"));
}

int64_t parse_seconds(const std::string& text, const std::string& option) {
  constexpr Unit kUnits[] = {{'S', 1.}, {'M', 60.}, {'H', 3600.}, {'D', 86400.}};
  return std::llround(parse_with_unit(text, kUnits, option, "a length of time as 30m, 2h or 1d"));
}

}  // namespace rechub
