#pragma once

#include <cstdint>
#include <vector>

#include "rechub/data/batch.h"
#include "rechub/data/split.h"

namespace rechub {

// Negatives the data itself names: what was shown to a user and not taken, as events of weight 0 (prepared with weight_col or target_events). For each readout of a batch the
// `count` such items of its user's training events that lie nearest to the target, the earlier one first at equal distance; none that the user ever took; its own target where
// there are fewer. [R x count]. Throws kUsage (check_shown_negatives) where the data has no such event.
std::vector<int64_t> shown_negatives(const Dataset& dataset, const Split& split, const SequenceBatch& batch, int64_t count);
void check_shown_negatives(const Dataset& dataset);

}  // namespace rechub
