#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "rechub/eval/recommender.h"

namespace rechub {

// The first `depth` items of every judged case, as one model ranks them.
struct TopLists {
  int64_t depth = 0;
  std::vector<int32_t> items = {};  // [cases, depth] best first; -1 ends a list that is shorter

  int64_t num_cases() const { return depth == 0 ? 0 : static_cast<int64_t>(items.size()) / depth; }
  std::span<const int32_t> list(int64_t i, int64_t k) const;  // the first k <= depth items of case i, without the -1
};

// A ranker that answers as `ranker` does and appends the lists of the cases it is asked for to `lists`, which must outlive it and brings the depth.
CaseRanker keep_lists(CaseRanker ranker, TopLists& lists);

// A ranker whose lists are known: the rank of an item is its place, and infinite where the list does not hold it. It must be asked for all cases in their order, once, as
// evaluate() does, and for at most `depth` items each. `lists` must outlive it. Throws kShape for more cases or longer lists than there are.
CaseRanker rank_by_lists(const TopLists& lists);

// How much two models say the same: the mean over cases of |A and B| / max(|A|, |B|), of the first k items of both. 1: the same items, in any order. Cases where both are empty do
// not count. Throws kShape where the cases or depths do not fit.
double list_overlap(const TopLists& a, const TopLists& b, int64_t k);

// What lists are made of: the shares of their first k items that are head, torso and tail items (evaluator.h). item_counts: [item_rows] training occurrences.
std::array<double, 3> popularity_shares(const TopLists& lists, int64_t k, std::span<const int64_t> item_counts);

}  // namespace rechub
