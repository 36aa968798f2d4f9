#include "rechub/data/interactions.h"

#include <algorithm>
#include <bit>
#include <optional>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "rechub/base/error.h"
#include "rechub/data/cells.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/row_id.h"
#include "rechub/data/table.h"
#include "rechub/data/table_files.h"
#include "rechub/data/table_format.h"

namespace rechub {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view text) { return std::find(list.begin(), list.end(), text) != list.end(); }

// The cells of one batch, by the part they play.
struct BatchCells {
  BatchCells(TableReader& reader, const arrow::RecordBatch& batch, const InteractionColumns& columns)
      : user(find(reader, batch, columns.user)), item(find(reader, batch, columns.item)) {
    user.take_as_ids();
    item.take_as_ids();
    const auto open = [&](std::optional<Cells>& cells, const std::string& name) {
      if (!name.empty()) cells.emplace(reader, batch, batch.schema()->GetFieldIndex(name));
    };
    open(time, columns.time);
    open(weight, columns.weight);
    open(session, columns.session);
    open(type, columns.type);
  }
  static Cells find(TableReader& reader, const arrow::RecordBatch& batch, const std::string& name) { return Cells(reader, batch, batch.schema()->GetFieldIndex(name)); }

  Cells user, item;
  std::optional<Cells> time, weight, session, type;
};

// The number of ids in a vocabulary of text that alone would have been whole numbers.
int64_t count_whole_numbers(const Vocabulary& vocabulary) {
  int64_t count = 0;
  for (int32_t index = kFirstIndex; index < vocabulary.rows(); ++index) {
    Vocabulary alone;
    alone.add(vocabulary.text(index));
    count += alone.is_integer() ? 1 : 0;
  }
  return count;
}

// The first id of a column that made text of whole numbers, for a warning where nearly all are such numbers: one N/A makes text of all ids.
class TextIdWatch {
 public:
  int32_t add(const RowId& id, Vocabulary& vocabulary, const TableReader& reader, int64_t row, const std::string& column) {
    const bool was_integer = vocabulary.is_integer();
    const int32_t index = id.add_to(vocabulary);
    if (was_integer && !vocabulary.is_integer()) first_ = fmt::format("{}, column '{}': the id '{}'", reader.where(row), column, id.spelling());
    return index;
  }
  void warn(const Vocabulary& vocabulary, std::vector<std::string>& warnings) const {
    const int64_t num_numbers = first_.empty() ? 0 : count_whole_numbers(vocabulary);
    if (2 * num_numbers <= vocabulary.size()) return;
    warnings.push_back(
        fmt::format("{} is not a plain whole number of 64 bits, as {} of the {} ids of this column are; all are kept as text, each exactly as it is spelt (is it a missing value?)",
                    first_, num_numbers, vocabulary.size()));
  }

 private:
  std::string first_;
};

bool ends_with(const TableFile& file, std::string_view ending) { return file.path.ends_with(ending) || file.path.ends_with(std::string(ending) + ".gz"); }

// A RecBole folder holds interactions and features under one name.
void check_no_recbole_features(const std::vector<TableFile>& files) {
  const auto log = std::find_if(files.begin(), files.end(), [](const TableFile& file) { return ends_with(file, ".inter"); });
  const auto features = std::find_if(files.begin(), files.end(), [](const TableFile& file) { return ends_with(file, ".user") || ends_with(file, ".item"); });
  check(log == files.end() || features == files.end(), ErrorKind::kUsage,
        "{}: these are features, not interactions; the interactions are {}, and .user and .item files are given with --user-features and --item-features",
        features == files.end() ? "" : features->path, log == files.end() ? "" : log->path);
}

class InteractionReader {
 public:
  InteractionReader(const PrepareOptions& options, const std::string& folder, const MemoryLimit& limit, Interactions& result)
      : options_(options), folder_(folder), limit_(limit), result_(result) {}

  void read() {
    read_files(options_.interactions);
    check(result_.sorter->size() > 0, ErrorKind::kData, "{}: none of the {} rows is an event to keep", shown_path(options_.interactions[0]), result_.num_rows);
    if (!options_.test.empty()) read_test_files();
    user_watch_.warn(result_.columns.session.empty() ? result_.owners : result_.users, result_.warnings);
    item_watch_.warn(result_.items, result_.warnings);
    limit_.end_reading();
    result_.time_unit = result_.columns.time.empty() ? TimeUnit::kNone : time_unit_of(is_typed_time_, latest_);
  }

 private:
  void read_files(const std::vector<std::string>& paths);
  void read_test_files();
  void read_table(const std::vector<std::string>& paths, const std::string& format);
  void start(const arrow::Schema& schema, const std::string& format, const std::string& file);
  void read_row(TableReader& reader, BatchCells& cells, int64_t row);
  bool is_time_of_one_kind(TableReader& reader, const Cells& times, int64_t row);
  std::optional<float> weight_of(TableReader& reader, BatchCells& cells, int64_t row, std::string_view type);
  int32_t owner_of(TableReader& reader, int64_t row, const RowId& user, const std::optional<RowId>& session);

  const PrepareOptions& options_;
  std::string folder_;
  const MemoryLimit& limit_;
  Interactions& result_;
  std::string id_prefix_;    // of the owners being read
  int64_t line_offset_ = 0;  // of sessions files: lines of the files before
  int64_t last_line_ = 0;
  bool is_sessions_ = false, is_typed_time_ = false;
  int64_t earliest_ = 0, latest_ = 0;
  std::optional<bool> has_dates_;  // whether the times are dates in text, as the first one is
  TextIdWatch user_watch_, item_watch_;
};

void InteractionReader::read_files(const std::vector<std::string>& paths) {
  const std::vector<TableFile> files = list_table_files(paths);
  check_no_recbole_features(files);
  const std::string format = options_.format == "auto" ? guess_format(files[0].path) : options_.format;
  is_sessions_ = format == "sessions";
  if (!is_sessions_) return read_table(paths, format);
  result_.owners_are_lines = true;
  // A session's id is its line, so that files are numbered on from the one before.
  for (const TableFile& file : files) {
    read_table({file.path}, format);
    line_offset_ += last_line_;
  }
}

void InteractionReader::read_test_files() {
  const int32_t before = result_.owners.rows();
  if (is_sessions_) id_prefix_ = "test/";
  line_offset_ = 0;
  result_.first_test_owner = before;
  read_files(options_.test);
  check(result_.owners.rows() > before, ErrorKind::kData, "{}: there is no event to keep among the test files", shown_path(options_.test[0]));
}

void InteractionReader::start(const arrow::Schema& schema, const std::string& format, const std::string& file) {
  InteractionColumns columns;
  try {
    columns = find_interaction_columns(schema, format, options_);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", shown_path(file), error.what()));
  }
  if (result_.sorter != nullptr) {
    const auto same = [](const InteractionColumns& a, const InteractionColumns& b) { return a.user == b.user && a.item == b.item && a.time == b.time; };
    if (same(columns, result_.columns)) return;
    fail(ErrorKind::kData, "{}: the columns are {}, {}, {} where those of the files before are {}, {}, {}", shown_path(file), columns.user, columns.item, columns.time,
         result_.columns.user, result_.columns.item, result_.columns.time);
  }
  result_.columns = columns;
  if (!columns.time.empty()) {
    const arrow::Type::type type = schema.GetFieldByName(columns.time)->type()->id();
    is_typed_time_ = type == arrow::Type::TIMESTAMP || type == arrow::Type::DATE32 || type == arrow::Type::DATE64;
  }
  if (!columns.weight.empty() || !options_.target_events.empty()) result_.extra.weight = result_.extra.count++;
  result_.extra.first_column = result_.extra.count;
  result_.extra.count += result_.event_columns->num_words();
  result_.sorter = std::make_unique<EventSorter>(result_.extra.count, limit_.sorter_bytes, folder_);
}

void InteractionReader::read_table(const std::vector<std::string>& paths, const std::string& format) {
  const auto reader = open_table(paths, {.format = format, .max_bad_rows = options_.max_bad_rows - result_.num_bad_rows});
  start(*reader->schema(), format, paths.front());
  const InteractionColumns& columns = result_.columns;
  std::vector<std::string> wanted;
  for (const std::string& name : {columns.user, columns.item, columns.time, columns.weight, columns.session, columns.type}) {
    if (!name.empty() && !contains(wanted, name)) wanted.push_back(name);
  }
  for (const std::string& name : result_.event_columns->names()) {
    if (!contains(wanted, name)) wanted.push_back(name);
  }
  reader->select(wanted);
  while (const auto batch = reader->next()) {
    BatchCells cells(*reader, *batch, columns);
    result_.event_columns->start_batch(*reader, *batch);
    const int64_t bad_before = reader->num_bad_rows();
    for (int64_t row = 0; row < batch->num_rows(); ++row) read_row(*reader, cells, row);
    result_.num_rows += batch->num_rows() - (reader->num_bad_rows() - bad_before);
    limit_.apply(*result_.sorter, result_.owners.size() + result_.items.size());
  }
  result_.num_bad_rows += reader->num_bad_rows();
}

// All cells are read before anything is added, so that a bad row leaves no trace.
void InteractionReader::read_row(TableReader& reader, BatchCells& cells, int64_t row) {
  std::string_view type;
  if (cells.type) {
    const auto text = cells.type->text(row);
    if (!text) return;
    type = *text;
    if (!options_.keep_events.empty() && !contains(options_.keep_events, type)) {
      ++result_.num_other_types;
      return;
    }
  }
  const auto user = read_row_id(reader, cells.user, row);
  if (!user) return;
  const auto item = read_row_id(reader, cells.item, row);
  if (!item) return;
  int64_t time = 0;
  if (cells.time) {
    const auto value = cells.time->time(row);
    if (!value) return;
    time = *value;
    if (!is_time_of_one_kind(reader, *cells.time, row)) return;
  }
  std::optional<RowId> session;
  if (cells.session) {
    session = read_row_id(reader, *cells.session, row);
    if (!session) return;
  }
  const auto weight = weight_of(reader, cells, row, type);
  if (!weight || !result_.event_columns->read(row)) return;

  const bool is_first_event = result_.sorter->size() == 0;
  earliest_ = is_first_event ? time : std::min(earliest_, time);
  latest_ = is_first_event ? time : std::max(latest_, time);
  const int32_t owner = owner_of(reader, row, *user, session);
  if (owner < result_.first_test_owner) {
    fail(ErrorKind::kData,
         "{}: the user {} is in the interactions, too; test files hold users or sessions of their own (to judge later events of the same users, use --split time:...)",
         reader.where(row), user->spelling());
  }
  uint32_t* extra = result_.sorter->append(owner, item_watch_.add(*item, result_.items, reader, row, result_.columns.item), time);
  if (result_.extra.weight >= 0) extra[result_.extra.weight] = std::bit_cast<uint32_t>(*weight);
  result_.event_columns->store(extra + result_.extra.first_column);
}

// Numbers may count anything; beside dates, which become seconds, they would lie at the beginning of 1970 or nowhere.
bool InteractionReader::is_time_of_one_kind(TableReader& reader, const Cells& times, int64_t row) {
  const bool is_date = times.is_date(row);
  if (!has_dates_) has_dates_ = is_date;
  if (is_date == *has_dates_) return true;
  reader.skip_bad_row(row, times.name(), is_date ? "a date, where the rows before hold numbers" : "a number, where the rows before hold dates");
  return false;
}

std::optional<float> InteractionReader::weight_of(TableReader& reader, BatchCells& cells, int64_t row, std::string_view type) {
  if (!options_.target_events.empty() && !contains(options_.target_events, type)) return 0.0F;
  if (!cells.weight) return 1.0F;
  const auto weight = cells.weight->number(row);
  if (!weight) return std::nullopt;
  if (*weight >= 0 && *weight <= 3e38) return static_cast<float>(*weight);
  reader.skip_bad_row(row, cells.weight->name(), cells.weight->is_missing(row) ? "the weight is missing" : fmt::format("a weight of 0 or more is expected, found {}", *weight));
  return std::nullopt;
}

int32_t InteractionReader::owner_of(TableReader& reader, int64_t row, const RowId& user, const std::optional<RowId>& session) {
  if (is_sessions_) {
    last_line_ = user.number;
    const int64_t line = user.number + line_offset_;
    return id_prefix_.empty() ? result_.owners.add(line) : result_.owners.add(id_prefix_ + std::to_string(line));
  }
  if (!session) return user_watch_.add(user, result_.owners, reader, row, result_.columns.user);
  const int32_t owner = result_.owners.add(user.spelling() + "/" + session->spelling());
  const int32_t index = user_watch_.add(user, result_.users, reader, row, result_.columns.user);
  if (result_.owner_user.size() < static_cast<size_t>(result_.owners.rows())) result_.owner_user.resize(static_cast<size_t>(result_.owners.rows()));
  result_.owner_user[static_cast<size_t>(owner)] = index;
  return owner;
}

}  // namespace

// Numbers say by their size what they count: seconds since 1970 have nine to eleven digits from 1973 on.
TimeUnit time_unit_of(bool is_typed, int64_t latest) {
  if (is_typed || (latest >= 100'000'000 && latest < 100'000'000'000)) return TimeUnit::kSeconds;
  if (latest < 100'000'000) return TimeUnit::kUnknown;
  if (latest < 100'000'000'000'000) return TimeUnit::kMilliseconds;
  return latest < 100'000'000'000'000'000 ? TimeUnit::kMicroseconds : TimeUnit::kNanoseconds;
}

const char* time_unit_name(TimeUnit unit) {
  constexpr const char* kNames[] = {"none", "seconds", "milliseconds", "microseconds", "nanoseconds", "unknown"};
  return kNames[static_cast<size_t>(unit)];
}

int64_t ticks_per_second(TimeUnit unit) {
  constexpr int64_t kTicks[] = {0, 1, 1'000, 1'000'000, 1'000'000'000, 0};
  return kTicks[static_cast<size_t>(unit)];
}

std::unique_ptr<Interactions> read_interactions(const PrepareOptions& options, const TablePlan& plan, FeatureSpaces& spaces, const MemoryLimit& limit, const std::string& folder) {
  check(!options.interactions.empty(), ErrorKind::kUsage, "no files of interactions were given");
  auto result = std::make_unique<Interactions>();
  result->event_columns = std::make_unique<EventColumns>(plan, spaces, result->items);
  InteractionReader(options, folder, limit, *result).read();
  return result;
}

}  // namespace rechub
