#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rechub/data/schema.h"
#include "rechub/matching/features.h"

namespace rechub::matching {

// A feature as the engine sees it, and how many ids it may have.
struct LaidOutFeature {
  FeatureSpec spec;
  int64_t vocab_size = 0;  // 0 for dense features
};

// Which part every feature plays in the engine's data model. Item features are columns of items, which have no ids of their own beside them; a user's list of item ids is the
// history; other lists are multi-valued columns.
struct FeatureLayout {
  std::vector<LaidOutFeature> user, item;  // without the history
  std::optional<LaidOutFeature> history;
  std::string history_pooling;  // mean, sum or max
  int64_t item_id = -1;         // with a history: the place in `item` of the ids it holds

  int64_t item_width() const;  // numbers that an item's features are, end to end
  Schema schema() const;
};

// Throws kUsage for features that no model can be built from, naming feature and remedy. A history that is tied without naming an item feature is announced on the log.
// `reads_list`: the model reads the history event by event, so it must be there and may have any pooling.
FeatureLayout lay_out_features(const std::vector<Feature>& user_features, const std::vector<Feature>& item_features, bool reads_list, const std::string& model);

}  // namespace rechub::matching
