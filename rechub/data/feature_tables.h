#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/data/dataset_writer.h"
#include "rechub/data/feature_plans.h"
#include "rechub/data/feature_spaces.h"
#include "rechub/data/feature_values.h"

namespace rechub {

// The features of users and of items, in the order of dense indices.
struct FeatureTables {
  std::vector<FeatureValues> user, item;
  nlohmann::ordered_json report = nlohmann::ordered_json::object();  // rows read, left out and bad, by file kind; goes into the manifest
};

// Reads the user, item and vector files, joined by id. Items that only the item file knows join `numbering.items` behind all others unless options.only_interacted_items is set.
// With sessions the id of a session's user becomes a feature. `log` keeps the users' vocabulary of sessions.
FeatureTables read_feature_tables(const PrepareOptions& options, const FeaturePlans& plans, const Interactions& log, FeatureSpaces& spaces, Numbering& numbering,
                                  const LogLine& log_line);

// Sets the rows of all specs; to be called once no vocabulary grows any more.
void set_rows(FeatureTables& tables, const FeatureSpaces& spaces, int64_t item_rows);

}  // namespace rechub
