#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rechub/data/event_columns.h"
#include "rechub/data/event_sorter.h"
#include "rechub/data/memory_plan.h"
#include "rechub/data/prepare.h"
#include "rechub/data/vocabulary.h"

namespace arrow {
class Schema;
}

namespace rechub {

// Which columns of the interactions play a part; "" where none does.
struct InteractionColumns {
  std::string user, item, time, weight, session, type;
  bool is_guessed_user = false, is_guessed_item = false, is_guessed_time = false;
};

// Throws kData where a column that is needed is not there and where one that was named is not, with the nearest name.
InteractionColumns find_interaction_columns(const arrow::Schema& schema, const std::string& format, const PrepareOptions& options);

// Where the words of an EventRecord's extra part lie; -1: there is no such word.
struct ExtraWords {
  int64_t weight = -1;       // a float's bits
  int64_t first_column = 0;  // one word each of EventColumns
  int64_t count = 0;
};

// How the numbers of the time column count.
enum class TimeUnit { kNone, kSeconds, kMilliseconds, kMicroseconds, kNanoseconds, kUnknown };
const char* time_unit_name(TimeUnit unit);
TimeUnit time_unit_of(bool is_typed, int64_t latest);  // by the largest number; is_typed: timestamps or dates, which we read as seconds
int64_t ticks_per_second(TimeUnit unit);               // 0 where it is not known

// What was read of the interactions: the events in a sorter and the ids they are numbered by.
struct Interactions {
  InteractionColumns columns;
  ExtraWords extra;
  Vocabulary owners;                // ids of the sequences: users, or USER/SESSION
  Vocabulary users;                 // with session_col: ids of the users, else empty
  bool owners_are_lines = false;    // of sessions files: the ids are places in a file and name nobody
  std::vector<int32_t> owner_user;  // with session_col: by owner, the index of the user
  Vocabulary items;
  int32_t first_test_owner = -1;  // with a test file: all owners from here on are its; else -1
  TimeUnit time_unit = TimeUnit::kNone;
  std::vector<std::string> warnings;                            // what a person should know of the ids
  int64_t num_rows = 0, num_bad_rows = 0, num_other_types = 0;  // readable rows, others, and those of the readable that keep_events leaves out
  std::unique_ptr<EventSorter> sorter;
  std::unique_ptr<EventColumns> event_columns;
};

// Reads all files of interactions, test files behind them, into a sorter that spills into `folder`; the features of events are those of `plan`.
std::unique_ptr<Interactions> read_interactions(const PrepareOptions& options, const TablePlan& plan, FeatureSpaces& spaces, const MemoryLimit& limit, const std::string& folder);

}  // namespace rechub
