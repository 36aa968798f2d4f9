#include "rechub/data/dataset_writer.h"

#include <bit>

namespace rechub {
namespace {

// Columns of events.arrow that every event has, a block at a time.
class EventsFile {
 public:
  EventsFile(const std::string& path, const Interactions& log, int64_t num_events) : log_(log), writer_(path, shapes(log, num_events)) {}

  void append(int32_t item, const EventRecord& record) {
    size_t stream = 0;
    writer_.append_one(stream++, item);
    if (!log_.columns.time.empty()) writer_.append_one(stream++, record.time());
    if (log_.extra.weight >= 0) writer_.append_one(stream++, record.extra(log_.extra.weight));
  }
  void finish() { writer_.finish(); }

 private:
  static std::vector<ColumnShape> shapes(const Interactions& log, int64_t num_events) {
    std::vector<ColumnShape> columns = {{.name = "item", .type = ColumnShape::kInt32, .rows = num_events}};
    if (!log.columns.time.empty()) columns.push_back({.name = "time", .type = ColumnShape::kInt64, .rows = num_events});
    if (log.extra.weight >= 0) columns.push_back({.name = "weight", .type = ColumnShape::kFloat, .rows = num_events});
    return columns;
  }

  const Interactions& log_;
  ArrowColumnsWriter writer_;
};

void write_features(ArrowColumnsWriter& writer, size_t stream, const std::vector<FeatureValues>& features, bool extra_row) {
  for (const FeatureValues& feature : features) stream += write_feature(writer, stream, feature, extra_row);
}

void add_shapes(const std::vector<FeatureValues>& features, std::vector<ColumnShape>& columns) {
  for (const FeatureValues& feature : features) columns.push_back(shape_of(feature.spec, columns[0].rows, static_cast<int64_t>(feature.codes.size())));
}

}  // namespace

WrittenEvents write_events(const std::string& path, const Interactions& log, EventStream& events, const EventCounts& counts, const Numbering& numbering) {
  WrittenEvents written;
  EventsFile file(path, log, counts.num_events);
  std::vector<int32_t> last_owner(static_cast<size_t>(numbering.num_items + kFirstIndex), -1);  // by item: the last sequence that had it
  written.user_begin.assign(kFirstIndex, 0);
  int32_t current = -1;
  int64_t count = 0;
  events.scan([&](int32_t owner, const EventRecord& record) {
    if (!counts.keeps(owner, record.item())) return;
    if (owner != current) written.user_begin.push_back(count);
    current = owner;
    const int32_t item = numbering.item[static_cast<size_t>(record.item())];
    file.append(item, record);
    written.has_repeats = written.has_repeats || last_owner[static_cast<size_t>(item)] == owner;
    last_owner[static_cast<size_t>(item)] = owner;
    const bool is_target = log.extra.weight < 0 || std::bit_cast<float>(record.extra(log.extra.weight)) > 0;
    written.num_targets += is_target ? 1 : 0;
    ++count;
  });
  written.user_begin.push_back(count);
  file.finish();
  return written;
}

void write_users(const std::string& path, const std::vector<int64_t>& user_begin, const std::vector<FeatureValues>& features) {
  std::vector<ColumnShape> columns = {{.name = "begin", .type = ColumnShape::kInt64, .rows = static_cast<int64_t>(user_begin.size())}};
  add_shapes(features, columns);
  ArrowColumnsWriter writer(path, columns);
  writer.append(0, user_begin);
  write_features(writer, 1, features, true);
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
