#include "rechub/data/extended_history.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/data/buckets.h"
#include "rechub/data/interactions.h"

namespace rechub {
namespace {

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// The rows of `more` behind those of `to`.
void append(BatchColumn& to, const BatchColumn& more) {
  const auto shift = static_cast<int64_t>(to.codes.size());
  append(to.codes, more.codes);
  append(to.values, more.values);
  std::transform(more.begin.begin(), more.begin.end(), std::back_inserter(to.begin), [shift](int64_t place) { return place + shift; });
  std::transform(more.end.begin(), more.end.end(), std::back_inserter(to.end), [shift](int64_t place) { return place + shift; });
}

// Of the newest `count` events, in the columns of the time since the user's event before; `own`: of the user in the data set. The first of all has none before it.
void set_time_gaps(const Dataset& dataset, std::pair<int64_t, int64_t> own, std::span<const NewEvent> events, int64_t count, BatchColumns& columns) {
  const int64_t ticks = ticks_of_times(dataset);
  size_t place = 0;
  for (const FeatureColumn& column : dataset.event_features()) {
    if (column.spec.role != EventRole::kHistory) continue;
    BatchColumn& gaps = columns[place++];
    if (column.spec.encoding != "time_gap" || ticks == 0) continue;
    for (size_t i = events.size() - count; i < events.size(); ++i) {
      if (i == 0 && own.first == own.second) continue;
      const int64_t before = i > 0 ? ticks_at(events[i - 1].time, ticks) : dataset.times()[own.second - 1];
      gaps.codes[i + count - events.size()] = bucket_code(static_cast<double>(ticks_at(events[i].time, ticks)) - static_cast<double>(before), column.spec.boundaries);
    }
  }
}

}  // namespace

int64_t ticks_of_times(const Dataset& dataset) {
  if (dataset.times().empty()) return 0;
  const std::string unit = dataset.manifest().value("time_unit", time_unit_name(TimeUnit::kSeconds));
  for (TimeUnit known : {TimeUnit::kSeconds, TimeUnit::kMilliseconds, TimeUnit::kMicroseconds, TimeUnit::kNanoseconds}) {
    if (unit == time_unit_name(known)) return ticks_per_second(known);
  }
  return 0;
}

int64_t ticks_at(int64_t seconds, int64_t ticks_per_second) {
  const int64_t most = std::numeric_limits<int64_t>::max() / ticks_per_second;
  return std::clamp(seconds, -most, most) * ticks_per_second;
}

SequenceBatch make_extended_batch(const Dataset& dataset, int32_t user, std::span<const NewEvent> events, int64_t max_length) {
  const std::pair own{dataset.user_begin()[user], dataset.user_begin()[user + 1]};
  const int64_t count = std::min<int64_t>(static_cast<int64_t>(events.size()), max_length), kept = std::min(own.second - own.first, max_length - count);
  std::vector<int32_t> items;
  for (const NewEvent& event : events) items.push_back(event.item);
  SequenceBatch batch = make_history_batch(dataset, {&user, 1}, {&items, 1}, max_length);
  set_time_gaps(dataset, own, events, count, batch.history_columns);
  if (own.first == own.second) return batch;
  const Window window{user, own.second - kept, own.second, 0, 0, kNoMoment, own.second - 1};
  SequenceBatch stored = make_sequence_batch(dataset, {&window, 1}, {max_length});
  batch.context_columns = std::move(stored.context_columns);
  if (kept == 0) return batch;
  append(stored.item, batch.item);
  batch.item = std::move(stored.item);
  for (size_t i = 0; i < batch.history_columns.size(); ++i) append(stored.history_columns[i], batch.history_columns[i]);
  batch.history_columns = std::move(stored.history_columns);
  for (auto* end : {&batch.sequence_end, &batch.readout_end}) end->back() += kept;
  return batch;
}

}  // namespace rechub
