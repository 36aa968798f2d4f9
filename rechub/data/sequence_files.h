#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/data/feature_plans.h"
#include "rechub/data/feature_spaces.h"
#include "rechub/data/interactions.h"
#include "rechub/data/memory_plan.h"

namespace rechub {

struct Numbering;

// A named sequence that was written while a data set is prepared.
struct SequenceFile {
  FeatureSpec spec;
  std::string file;                 // name inside the data set
  std::vector<int64_t> begin, end;  // [user_rows + 1] as in NamedSequence; the last row is empty
  int64_t num_values = 0;
  int64_t num_rows = 0, num_bad_rows = 0, num_unknown_users = 0, num_unknown_items = 0;  // num_rows: readable ones
};

// Reads the files of all named sequences, sorted in bounded memory by user and time as the events are, and writes sequences/NAME.arrow into `folder`. Items that the catalogue does
// not have are left out and counted. Throws kUsage where the events have no times, kData where times count something else than theirs, or nothing belongs to any user.
std::vector<SequenceFile> write_sequences(const PrepareOptions& options, const FeaturePlans& plans, const Interactions& log, FeatureSpaces& spaces, const Numbering& numbering,
                                          const MemoryLimit& limit, const std::string& folder);

// What the manifest says of them, once no vocabulary grows any more: sets the rows of their specs. A line each goes to the log.
nlohmann::ordered_json describe_sequences(std::vector<SequenceFile>& sequences, const FeatureSpaces& spaces, int64_t item_rows, const LogLine& log_line);

}  // namespace rechub
