#include "rechub/data/dataset_writer.h"

#include <bit>
#include <ctime>

namespace rechub {
namespace {

// events.arrow: our own columns, then the features.
class EventsFile {
 public:
  EventsFile(const std::string& path, const Interactions& log, EventFeatures& features, EventStream& events, const EventCounts& counts)
      : log_(log), features_(features), writer_(path, shapes(log, features, events, counts)) {}

  void append(int32_t item, const EventRecord& record, bool begins_sequence) {
    size_t stream = 0;
    writer_.append_one(stream++, item);
    if (!log_.columns.time.empty()) writer_.append_one(stream++, record.time());
    if (log_.extra.weight >= 0) writer_.append_one(stream++, record.extra(log_.extra.weight));
    features_.append(writer_, stream, record, begins_sequence);
  }
  void finish() { writer_.finish(); }

 private:
  static std::vector<ColumnShape> shapes(const Interactions& log, EventFeatures& features, EventStream& events, const EventCounts& counts) {
    const int64_t num_events = counts.num_events;
    std::vector<ColumnShape> columns = {{.name = "item", .type = ColumnShape::kInt32, .rows = num_events}};
    if (!log.columns.time.empty()) columns.push_back({.name = "time", .type = ColumnShape::kInt64, .rows = num_events});
    if (log.extra.weight >= 0) columns.push_back({.name = "weight", .type = ColumnShape::kFloat, .rows = num_events});
    for (const ColumnShape& column : features.shapes(events, counts, num_events)) columns.push_back(column);
    return columns;
  }

  const Interactions& log_;
  EventFeatures& features_;
  ArrowColumnsWriter writer_;
};

constexpr int64_t kYear1990 = 631'152'000;  // in seconds since 1970

// In the unit of the log's times; -1 where that is not known.
int64_t in_ticks(const Interactions& log, int64_t seconds) {
  const int64_t ticks = ticks_per_second(log.time_unit);
  return ticks > 0 ? seconds * ticks : -1;
}

void write_features(ArrowColumnsWriter& writer, size_t stream, const std::vector<FeatureValues>& features, bool extra_row) {
  for (const FeatureValues& feature : features) stream += write_feature(writer, stream, feature, extra_row);
}

void add_shapes(const std::vector<FeatureValues>& features, std::vector<ColumnShape>& columns) {
  for (const FeatureValues& feature : features) columns.push_back(shape_of(feature.spec, columns[0].rows, static_cast<int64_t>(feature.codes.size())));
}

}  // namespace

WrittenEvents write_events(const std::string& path, const Interactions& log, EventStream& events, const EventCounts& counts, const Numbering& numbering, EventFeatures& features) {
  WrittenEvents written;
  EventsFile file(path, log, features, events, counts);
  DatasetChecker checker(numbering.num_items + kFirstIndex, !log.columns.time.empty(), in_ticks(log, std::time(nullptr)), in_ticks(log, kYear1990));
  written.user_begin.assign(kFirstIndex, 0);
  int32_t current = -1;
  int64_t count = 0;
  events.scan([&](int32_t owner, const EventRecord& record) {
    if (!counts.keeps(owner, record.item())) return;
    const bool begins_sequence = owner != current;
    if (begins_sequence) written.user_begin.push_back(count);
    current = owner;
    const int32_t item = numbering.item[static_cast<size_t>(record.item())];
    file.append(item, record, begins_sequence);
    checker.add(owner, item, record.time());
    const bool is_target = log.extra.weight < 0 || std::bit_cast<float>(record.extra(log.extra.weight)) > 0;
    written.num_targets += is_target ? 1 : 0;
    ++count;
  });
  written.user_begin.push_back(count);
  file.finish();
  written.has_repeats = checker.has_repeats();
  written.checks = checker.finish();
  return written;
}

void write_users(const std::string& path, const std::vector<int64_t>& user_begin, const std::vector<SequenceFile>& sequences, const std::vector<FeatureValues>& features) {
  std::vector<ColumnShape> columns = {{.name = "begin", .type = ColumnShape::kInt64, .rows = static_cast<int64_t>(user_begin.size())}};
  for (const SequenceFile& sequence : sequences) {
    for (const char* part : {"begin", "end"}) columns.push_back({.name = sequence_column_name(sequence.spec.name, part), .type = ColumnShape::kInt64, .rows = columns[0].rows});
  }
  add_shapes(features, columns);
  ArrowColumnsWriter writer(path, columns);
  size_t stream = 0;
  writer.append(stream++, user_begin);
  for (const SequenceFile& sequence : sequences) {
    writer.append(stream++, sequence.begin);
    writer.append(stream++, sequence.end);
  }
  write_features(writer, stream, features, true);
  writer.finish();
}

void write_items(const std::string& path, const std::vector<int32_t>& item_events, const std::vector<FeatureValues>& features) {
  std::vector<ColumnShape> columns = {{.name = "events", .type = ColumnShape::kInt32, .rows = static_cast<int64_t>(item_events.size())}};
  add_shapes(features, columns);
  ArrowColumnsWriter writer(path, columns);
  writer.append(0, item_events);
  write_features(writer, 1, features, false);
  writer.finish();
}

}  // namespace rechub
