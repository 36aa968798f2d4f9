#pragma once

#include <cstdint>
#include <span>

#include "rechub/data/batch.h"

namespace rechub {

// How many ticks of the data set's times are a second; 0 where it has no times or does not say what they count. Data sets in memory count seconds.
int64_t ticks_of_times(const Dataset& dataset);

// Seconds in ticks, as far as 64 bits hold them.
int64_t ticks_at(int64_t seconds, int64_t ticks_per_second);

// An event that a data set does not have.
struct NewEvent {
  int32_t item = 0;  // row
  int64_t time = 0;  // seconds since 1970
};

// A batch of one history: the user's own events in the data set with `events` behind them, in order of time, the newest `max_length` of all, read out at their end. Own events keep
// their columns. Of the others the time since the event before is known, where the data set has such a column and tells its times; else they have unknown codes and missing numbers
// (NaN). The context is that of the user's newest own event; named sequences are those of the user.
SequenceBatch make_extended_batch(const Dataset& dataset, int32_t user, std::span<const NewEvent> events, int64_t max_length);

}  // namespace rechub
