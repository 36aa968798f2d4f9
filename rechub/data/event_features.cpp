#include "rechub/data/event_features.h"

#include <algorithm>
#include <bit>

#include "rechub/base/error.h"
#include "rechub/data/buckets.h"
#include "rechub/data/dataset_writer.h"
#include "rechub/data/feature_values.h"

namespace rechub {
namespace {

constexpr const char* kTimeGap = "time_gap";

FeatureSpec time_gap_spec(const Interactions& log, int64_t num_buckets, bool is_name_taken) {
  check(!log.columns.time.empty(), ErrorKind::kUsage, "time_gap_buckets needs times, and there is no time column");
  check(!is_name_taken, ErrorKind::kUsage, "time_gap_buckets: a column of the interactions is called time_gap already; rename it");
  FeatureSpec spec;
  spec.name = spec.space = kTimeGap;
  spec.role = EventRole::kHistory;
  spec.encoding = "time_gap";
  // Where the unit is not known the file's own unit (days, say) takes the place of seconds.
  spec.boundaries = time_gap_boundaries(num_buckets, std::max<int64_t>(ticks_per_second(log.time_unit), 1));
  spec.rows = num_buckets + kFirstIndex;
  return spec;
}

}  // namespace

EventFeatures::EventFeatures(const Interactions& log, const EventColumns& columns, FeatureSpaces& spaces, const Numbering& numbering, const Request& request)
    : log_(log), columns_(columns), spaces_(spaces), numbering_(numbering), cross_plans_(request.crosses), list_ends_(static_cast<size_t>(columns.num_words())) {
  // The vocabulary that the codes of a half are of once items have their final numbers.
  Vocabulary* items = const_cast<Vocabulary*>(&numbering.items);
  for (const CrossPlan& cross : cross_plans_) {
    crosses_.emplace_back(spaces.of(columns.spec(cross.first), items), spaces.of(columns.spec(cross.second), items), *spaces.of(cross.spec, items));
  }
  if (request.time_gap_buckets > 0) time_gap_ = time_gap_spec(log, request.time_gap_buckets, request.time_gap_taken);
}

uint32_t EventFeatures::word_of(size_t column, const EventRecord& record) const { return record.extra(log_.extra.first_column + static_cast<int64_t>(column)); }

int32_t EventFeatures::code_of(size_t column, const EventRecord& record) const {
  const auto code = static_cast<int32_t>(word_of(column, record));
  return columns_.spec(column).space == kItemSpace ? numbering_.item[static_cast<size_t>(code)] : code;
}

std::vector<ColumnShape> EventFeatures::shapes(EventStream& events, const EventCounts& counts, int64_t num_events) {
  std::vector<int64_t> num_codes(list_ends_.size());
  std::vector<size_t> lists;
  for (size_t i = 0; i < num_codes.size(); ++i) {
    if (columns_.spec(i).kind == FeatureKind::kMulti) lists.push_back(i);
  }
  if (!lists.empty()) {
    events.scan([&](int32_t owner, const EventRecord& record) {
      if (!counts.keeps(owner, record.item())) return;
      for (const size_t column : lists) num_codes[column] += static_cast<int64_t>(columns_.list(word_of(column, record)).size());
    });
  }
  std::vector<ColumnShape> result;
  for (size_t i = 0; i < num_codes.size(); ++i) result.push_back(shape_of(columns_.spec(i), num_events, num_codes[i]));
  for (const CrossPlan& cross : cross_plans_) result.push_back(shape_of(cross.spec, num_events, 0));
  if (time_gap_) result.push_back(shape_of(*time_gap_, num_events, 0));
  return result;
}

void EventFeatures::append(ArrowColumnsWriter& writer, size_t stream, const EventRecord& record, bool begins_sequence) {
  for (size_t i = 0; i < list_ends_.size(); ++i) {
    const FeatureSpec& spec = columns_.spec(i);
    if (spec.kind == FeatureKind::kDense) {
      writer.append_one(stream++, std::bit_cast<float>(word_of(i, record)));
    } else if (spec.kind == FeatureKind::kSparse) {
      writer.append_one(stream++, code_of(i, record));
    } else {
      if (is_first_) writer.append_one(stream, int64_t{0});
      const auto list = columns_.list(word_of(i, record));
      list_ends_[i] += static_cast<int64_t>(list.size());
      writer.append_one(stream++, list_ends_[i]);
      for (const int32_t code : list) writer.append_one(stream, spec.space == kItemSpace ? numbering_.item[static_cast<size_t>(code)] : code);
      ++stream;
    }
  }
  is_first_ = false;
  for (size_t i = 0; i < crosses_.size(); ++i) writer.append_one(stream++, crosses_[i].code(code_of(cross_plans_[i].first, record), code_of(cross_plans_[i].second, record)));
  if (!time_gap_) return;
  writer.append_one(stream, begins_sequence ? kUnknownIndex : bucket_code(static_cast<double>(record.time() - last_time_), time_gap_->boundaries));
  last_time_ = record.time();
}

std::vector<FeatureSpec> EventFeatures::specs() const {
  std::vector<FeatureSpec> result;
  for (size_t i = 0; i < list_ends_.size(); ++i) {
    FeatureSpec& spec = result.emplace_back(columns_.spec(i));
    if (spec.encoding == "buckets") spec.rows = static_cast<int64_t>(spec.boundaries.size()) + kFirstIndex + 1;
  }
  for (const CrossPlan& cross : cross_plans_) result.push_back(cross.spec);
  if (time_gap_) result.push_back(*time_gap_);
  for (FeatureSpec& spec : result) spaces_.set_rows(spec, numbering_.items.rows());
  return result;
}

}  // namespace rechub
