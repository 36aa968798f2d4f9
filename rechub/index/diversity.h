#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rechub {

// ComiRec's controllable aggregation (Cen et al., KDD 2020, section 3.3): chooses k candidates one after the other, each time the one that adds most to
//
//   sum of scores + weight x number of pairs of chosen candidates with different categories
//
// which is score - weight x (how many of its category are chosen already), up to a constant. As that falls with every choice from a category, the chosen set is the best of all
// sets of its size. weight 0 gives the k best scores; a weight above all differences of scores, infinity included, takes from each category in turn (round robin), by score.
//
// scores are not NaN; categories: any code, one a candidate; weight >= 0. Returns positions in `scores` in the order of choice, fewer than k where there are fewer candidates.
// Equal ones are taken in order of position. Throws kShape where the spans differ in length.
std::vector<int64_t> choose_diverse(std::span<const float> scores, std::span<const int32_t> categories, int64_t k, double weight);

}  // namespace rechub
