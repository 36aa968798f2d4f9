#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rechub/data/arrow_columns.h"
#include "rechub/data/crosses.h"
#include "rechub/data/event_columns.h"
#include "rechub/data/event_stream.h"
#include "rechub/data/interactions.h"

namespace rechub {

struct Numbering;

// Writes the feature columns of events: those that were read, their crosses, and the time gap.
class EventFeatures {
 public:
  struct Request {
    const std::vector<CrossPlan>& crosses;
    int64_t time_gap_buckets = 0;
    bool time_gap_taken = false;  // a column is called time_gap
  };
  // Everything must outlive this. Throws kUsage for a time gap without times.
  EventFeatures(const Interactions& log, const EventColumns& columns, FeatureSpaces& spaces, const Numbering& numbering, const Request& request);

  // The columns of a file of `num_events` events. Scans the events where lists have to be counted.
  std::vector<ColumnShape> shapes(EventStream& events, const EventCounts& counts, int64_t num_events);
  void append(ArrowColumnsWriter& writer, size_t stream, const EventRecord& record, bool begins_sequence);
  std::vector<FeatureSpec> specs() const;  // in the order of the columns; rows are set once all events are appended

 private:
  int32_t code_of(size_t column, const EventRecord& record) const;
  uint32_t word_of(size_t column, const EventRecord& record) const;

  const Interactions& log_;
  const EventColumns& columns_;
  FeatureSpaces& spaces_;
  const Numbering& numbering_;
  std::vector<CrossPlan> cross_plans_;
  std::vector<CrossEncoder> crosses_;
  std::optional<FeatureSpec> time_gap_;
  std::vector<int64_t> list_ends_;  // by column: codes appended so far
  int64_t last_time_ = 0;
  bool is_first_ = true;  // no event was appended yet
};

}  // namespace rechub
