#pragma once

#include <string>
#include <vector>

#include "rechub/data/feature_overrides.h"
#include "rechub/data/feature_plan.h"

namespace rechub {

// Where the values of a named sequence come from and what they become. `feature.spec` has the sequence's name and the role of a context feature;
// its kind says how one event is read.
struct SequencePlan {
  std::vector<std::string> files;
  std::string user, time;  // columns
  FeaturePlan feature;
};

// Plans options.sequences (prepare.h says how they are written and what columns are guessed), in the order of their names' first appearance. Overrides that are followed are marked
// as used. Throws kUsage for a sequence that cannot be understood or whose name is taken, kData where a column is missing or cannot be guessed.
std::vector<SequencePlan> plan_named_sequences(const PrepareOptions& options, const PlanRules& rules, FeatureOverrides& overrides);

}  // namespace rechub
