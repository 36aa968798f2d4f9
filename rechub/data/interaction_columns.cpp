#include <arrow/type.h>
#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/data/interactions.h"
#include "rechub/data/table.h"

namespace rechub {
namespace {

std::string name_of(const arrow::Schema& schema, int index) { return index < 0 ? "" : schema.field(index)->name(); }

std::string find_required(const arrow::Schema& schema, ColumnRole role, const std::string& wanted, const char* what, const char* flag) {
  const int index = find_column(schema, role, wanted);
  check(index >= 0, ErrorKind::kData, "no column looks like the {}; name it with {}; the columns are {}", what, flag, fmt::join(schema.field_names(), ", "));
  return name_of(schema, index);
}

// Files of sequences and sessions hold nothing but ids, in order of time.
void find_time(const arrow::Schema& schema, const std::string& format, const PrepareOptions& options, InteractionColumns& columns) {
  const bool is_ordered = format == "sequences" || format == "sessions";
  if (options.time_col == "none" || (is_ordered && options.time_col.empty())) return;
  columns.time = name_of(schema, find_column(schema, ColumnRole::kTime, options.time_col));
  columns.is_guessed_time = options.time_col.empty() && !columns.time.empty();
  check(!columns.time.empty(), ErrorKind::kData,
        "no column looks like the time; name it with --time-col, or say with --time-col none that the rows of a user stand in order of time; the columns are {}",
        fmt::join(schema.field_names(), ", "));
  check(columns.time != columns.user && columns.time != columns.item, ErrorKind::kUsage, "the column '{}' cannot be both the time and an id; --time-col names another of: {}",
        columns.time, fmt::join(schema.field_names(), ", "));
}

}  // namespace

InteractionColumns find_interaction_columns(const arrow::Schema& schema, const std::string& format, const PrepareOptions& options) {
  InteractionColumns columns;
  columns.user = find_required(schema, ColumnRole::kUser, options.user_col, "user", "--user-col");
  columns.item = find_required(schema, ColumnRole::kItem, options.item_col, "item", "--item-col");
  check(columns.user != columns.item, ErrorKind::kUsage, "the column '{}' cannot be both the user and the item; --user-col and --item-col name two of: {}", columns.user,
        fmt::join(schema.field_names(), ", "));
  columns.is_guessed_user = options.user_col.empty();
  columns.is_guessed_item = options.item_col.empty();
  find_time(schema, format, options, columns);
  if (!options.weight_col.empty()) columns.weight = name_of(schema, find_column(schema, ColumnRole::kWeight, options.weight_col));
  if (!options.session_col.empty()) columns.session = name_of(schema, find_column(schema, ColumnRole::kSession, options.session_col));
  // find_column also finds a column that is named; the role matters only for guesses.
  if (!options.event_type_col.empty()) columns.type = name_of(schema, find_column(schema, ColumnRole::kSession, options.event_type_col));
  return columns;
}

}  // namespace rechub
