#include "rechub/data/dataset.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/base/json_file.h"
#include "rechub/data/arrow_columns.h"
#include "rechub/data/dataset_files.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/data/manifest.h"
#include "rechub/data/schema.h"

namespace rechub {

struct Dataset::Storage {
  std::string directory;
  nlohmann::json manifest;
  MappedColumns events, users, item_columns;
  DatasetParts parts;  // of a data set in memory
  int64_t num_events = 0;
  int32_t user_rows = 0, item_rows = 0;
  bool has_repeats = false;
  std::span<const int64_t> user_begin, times;
  std::span<const int32_t> items, user_codes;
  std::span<const float> weights, labels;
  FeatureTable user_features, item_features, event_features;
  std::vector<MappedColumns> sequence_columns;
  std::vector<NamedSequence> sequences;
  Vocabulary user_ids, item_ids;
  std::map<std::string, Vocabulary> spaces;
};

namespace {

using nlohmann::json;

// Opens a data set piece by piece; what a damaged file could make crash later is refused here.
class Opener {
 public:
  Opener(const std::string& directory, bool verify) : source_(directory + "/manifest.json") {
    s_.directory = directory;
    s_.manifest = check_manifest(directory, kDatasetFormat, kDatasetVersion, verify);
  }
  std::unique_ptr<Dataset::Storage> open();

 private:
  template <class T>
  T field(const char* name) const {
    return json_field<T>(s_.manifest, name, source_);
  }
  MappedColumns map(const std::string& name) const;
  void read_counts();
  void read_events();
  void read_vocabularies();
  void read_sequences();
  FeatureTable features(const char* table, const MappedColumns& columns, int64_t rows) const;
  Vocabulary vocabulary(const std::string& file, int64_t rows) const;

  std::string source_;
  Dataset::Storage s_;
};

int32_t rows_of(int64_t count, const char* name, const std::string& source) {
  check(count >= 0 && count <= INT32_MAX - kFirstIndex, ErrorKind::kData, "{}: \"{}\" is {}, which no data set has", source, name, count);
  return static_cast<int32_t>(count + kFirstIndex);
}

// The smallest and largest value; branch-free, so that millions of codes cost little.
void check_range(std::span<const int32_t> codes, int64_t least, int64_t rows, const std::string& path, const std::string& column) {
  int32_t smallest = INT32_MAX, largest = INT32_MIN;
  for (const int32_t code : codes) {
    smallest = std::min(smallest, code);
    largest = std::max(largest, code);
  }
  check(codes.empty() || (smallest >= least && largest < rows), ErrorKind::kData, "{}: the column '{}' holds {} to {}, but only {} to {} are possible: the file is damaged", path,
        column, smallest, largest, least, rows - 1);
}

MappedColumns Opener::map(const std::string& name) const {
  const auto files = field<json>("files");
  check(files.contains(name), ErrorKind::kData, "{}: the file {} is not named", source_, name);
  return MappedColumns::open(s_.directory + "/" + name, json_field<int64_t>(files[name], "size", source_));
}

void Opener::read_counts() {
  s_.num_events = field<int64_t>("events");
  s_.user_rows = rows_of(field<int64_t>("users"), "users", source_);
  s_.item_rows = rows_of(field<int64_t>("items"), "items", source_);
  s_.has_repeats = field<bool>("has_repeats");
}

void Opener::read_events() {
  s_.events = map("events.arrow");
  s_.users = map("users.arrow");
  s_.items = s_.events.int32_column("item", s_.num_events);
  check_range(s_.items, kFirstIndex, s_.item_rows, s_.events.path(), "item");
  if (field<bool>("has_times")) s_.times = s_.events.int64_column("time", s_.num_events);
  if (field<bool>("has_weights")) s_.weights = s_.events.float_column("weight", s_.num_events);
  s_.user_begin = s_.users.int64_column("begin", s_.user_rows + 1);
  const bool is_whole =
      s_.user_begin[kFirstIndex] == 0 && s_.user_begin.back() == s_.num_events && std::is_sorted(s_.user_begin.begin(), s_.user_begin.end()) && s_.user_begin[0] == 0;
  check(is_whole, ErrorKind::kData, "{}: the users' events do not lie end to end: the file is damaged", s_.users.path());
}

FeatureTable Opener::features(const char* table_name, const MappedColumns& columns, int64_t rows) const {
  FeatureTable table;
  for (const json& object : json_field<json>(field<json>("features"), table_name, source_)) {
    FeatureColumn column;
    column.spec = feature_spec_from_json(object, source_);
    const FeatureSpec& spec = column.spec;
    const std::string name = feature_column_name(spec.name);
    // users.arrow has one row more, the end of the last user's events.
    const int64_t stored_rows = std::string_view(table_name) == "user" ? rows + 1 : rows;
    switch (spec.kind) {
      case FeatureKind::kSparse:
        column.codes = columns.int32_column(name, stored_rows).first(static_cast<size_t>(rows));
        break;
      case FeatureKind::kMulti: {
        const auto lists = columns.list_column(name, stored_rows);
        column.codes = lists.values;
        column.offsets = lists.offsets.first(static_cast<size_t>(rows + 1));
        break;
      }
      case FeatureKind::kDense:
        column.values = spec.width == 1 ? columns.float_column(name, stored_rows) : columns.vector_column(name, stored_rows, spec.width);
        column.values = column.values.first(static_cast<size_t>(rows * spec.width));
        break;
    }
    check_range(column.codes, 0, spec.rows, columns.path(), spec.name);
    table.push_back(std::move(column));
  }
  return table;
}

Vocabulary Opener::vocabulary(const std::string& file, int64_t rows) const {
  Vocabulary result = Vocabulary::load(s_.directory + "/" + file);
  check(rows < 0 || result.rows() == rows, ErrorKind::kData, "{}/{}: {} ids were expected, there are {}", s_.directory, file, rows - kFirstIndex, result.size());
  return result;
}

void Opener::read_vocabularies() {
  s_.user_ids = vocabulary("user_ids.arrow", s_.user_rows);
  s_.item_ids = vocabulary("item_ids.arrow", s_.item_rows);
  const auto spaces = field<json>("spaces");
  for (const auto& [name, file] : spaces.items()) {
    check(file.is_string(), ErrorKind::kData, "{}: the space '{}' should name a file", source_, name);
    s_.spaces.emplace(name, vocabulary(file.get<std::string>(), -1));
  }
}

void Opener::read_sequences() {
  const json list = s_.manifest.value("sequences", json::array());  // data sets of older programs have none
  check(list.empty() || !s_.times.empty(), ErrorKind::kData, "{}: named sequences without times of the events", source_);
  for (const json& entry : list) {
    NamedSequence sequence;
    sequence.spec = feature_spec_from_json(json_field<json>(entry, "spec", source_), source_);
    const MappedColumns& values = s_.sequence_columns.emplace_back(map(json_field<std::string>(entry, "file", source_)));
    const auto num_values = json_field<int64_t>(entry, "values", source_);
    sequence.codes = values.int32_column("value", num_values);
    sequence.times = values.int64_column("time", num_values);
    sequence.begin = s_.users.int64_column(sequence_column_name(sequence.spec.name, "begin"), s_.user_rows + 1);
    sequence.end = s_.users.int64_column(sequence_column_name(sequence.spec.name, "end"), s_.user_rows + 1);
    check_range(sequence.codes, kFirstIndex, sequence.spec.rows, values.path(), "value");
    for (int32_t user = 0; user < s_.user_rows; ++user) {
      const bool is_inside = sequence.begin[user] >= 0 && sequence.begin[user] <= sequence.end[user] && sequence.end[user] <= num_values;
      check(is_inside, ErrorKind::kData, "{}: the sequence '{}' of row {} lies outside of its {} values: the file is damaged", s_.users.path(), sequence.spec.name, user,
            num_values);
    }
    s_.sequences.push_back(std::move(sequence));
  }
}

std::unique_ptr<Dataset::Storage> Opener::open() {
  read_counts();
  read_events();
  s_.item_columns = map("items.arrow");
  s_.user_features = features("user", s_.users, s_.user_rows);
  s_.item_features = features("item", s_.item_columns, s_.item_rows);
  s_.event_features = features("event", s_.events, s_.num_events);
  read_vocabularies();
  read_sequences();
  return std::make_unique<Dataset::Storage>(std::move(s_));
}

FeatureTable columns_of(const std::vector<FeatureValues>& features) {
  FeatureTable table;
  for (const FeatureValues& feature : features) table.push_back({feature.spec, feature.codes, feature.offsets, feature.values});
  return table;
}

}  // namespace

Dataset::Dataset(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

Dataset Dataset::open(const std::string& directory, bool verify) { return Dataset(Opener(directory, verify).open()); }

Dataset Dataset::from_memory(DatasetParts parts) {
  auto storage = std::make_unique<Storage>();
  storage->parts = std::move(parts);
  const DatasetParts& owned = storage->parts;
  storage->manifest = json::object();
  storage->num_events = static_cast<int64_t>(owned.items.size());
  storage->user_rows = owned.user_rows;
  storage->item_rows = owned.item_rows;
  storage->has_repeats = owned.has_repeats;
  storage->user_begin = owned.user_begin;
  storage->items = owned.items;
  storage->times = owned.times;
  storage->weights = owned.weights;
  storage->labels = owned.labels;
  storage->times = owned.times;
  storage->user_codes = owned.user_codes;
  storage->user_ids = owned.user_ids;
  storage->item_ids = owned.item_ids;
  storage->user_features = columns_of(owned.user_features);
  storage->item_features = columns_of(owned.item_features);
  storage->item_features.insert(storage->item_features.end(), owned.shared_item_features.begin(), owned.shared_item_features.end());
  storage->event_features = columns_of(owned.event_features);
  for (const SequenceValues& sequence : owned.sequences) storage->sequences.push_back({sequence.spec, sequence.begin, sequence.end, sequence.codes, sequence.times});
  return Dataset(std::move(storage));
}

const std::string& Dataset::directory() const { return storage_->directory; }
const json& Dataset::manifest() const { return storage_->manifest; }
int64_t Dataset::num_events() const { return storage_->num_events; }
int64_t Dataset::num_users() const { return storage_->user_rows - kFirstIndex; }
int64_t Dataset::num_items() const { return storage_->item_rows - kFirstIndex; }
int32_t Dataset::user_rows() const { return storage_->user_rows; }
int32_t Dataset::item_rows() const { return storage_->item_rows; }
std::span<const int64_t> Dataset::user_begin() const { return storage_->user_begin; }
std::span<const int32_t> Dataset::items() const { return storage_->items; }
std::span<const int64_t> Dataset::times() const { return storage_->times; }
std::span<const float> Dataset::weights() const { return storage_->weights; }
std::span<const int32_t> Dataset::user_codes() const { return storage_->user_codes; }
std::span<const float> Dataset::labels() const { return storage_->labels; }
const FeatureTable& Dataset::user_features() const { return storage_->user_features; }
const FeatureTable& Dataset::item_features() const { return storage_->item_features; }
const FeatureTable& Dataset::event_features() const { return storage_->event_features; }
const std::vector<NamedSequence>& Dataset::sequences() const { return storage_->sequences; }
const Vocabulary& Dataset::user_ids() const { return storage_->user_ids; }
const Vocabulary& Dataset::item_ids() const { return storage_->item_ids; }
bool Dataset::has_repeats() const { return storage_->has_repeats; }

const Vocabulary& Dataset::space(const std::string& name) const {
  if (name == kItemSpace) return storage_->item_ids;
  if (name == kUserSpace) return storage_->user_ids;
  const auto found = storage_->spaces.find(name);
  check(found != storage_->spaces.end(), ErrorKind::kNotFound, "{}: there is no vocabulary of the name '{}'", storage_->directory, name);
  return found->second;
}

}  // namespace rechub
