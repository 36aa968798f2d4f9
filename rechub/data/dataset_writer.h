#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/dataset_checks.h"
#include "rechub/data/event_features.h"
#include "rechub/data/event_stream.h"
#include "rechub/data/feature_values.h"
#include "rechub/data/interactions.h"
#include "rechub/data/sequence_files.h"

namespace rechub {

// The dense indices of a data set: those of the interactions' ids (2, 3, ... in order of first appearance) without the ids that keep no event.
struct Numbering {
  std::vector<int32_t> owner, item;  // old index to new; kUnknownIndex where it is left out
  std::vector<int32_t> owner_user;   // with sessions: by new owner, the old index of its user; else empty
  Vocabulary owners, items;
  int32_t num_owners = 0, num_items = 0;  // with events
  std::vector<int32_t> test_users;        // [begin, end) of the test file's; empty without one
};

// Takes the vocabularies out of `log`.
Numbering number_ids(Interactions& log, EventStream& events, const EventCounts& counts);

struct WrittenEvents {
  std::vector<int64_t> user_begin;  // [user_rows + 1]
  bool has_repeats = false;
  int64_t num_targets = 0;  // events of a weight above 0
  std::vector<DatasetCheck> checks;
};

// Writes events.arrow.
WrittenEvents write_events(const std::string& path, const Interactions& log, EventStream& events, const EventCounts& counts, const Numbering& numbering, EventFeatures& features);

// Writes users.arrow and items.arrow. `item_events`: by new index.
void write_users(const std::string& path, const std::vector<int64_t>& user_begin, const std::vector<SequenceFile>& sequences, const std::vector<FeatureValues>& features);
void write_items(const std::string& path, const std::vector<int32_t>& item_events, const std::vector<FeatureValues>& features);

}  // namespace rechub
