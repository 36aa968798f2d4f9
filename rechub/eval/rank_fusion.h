#pragma once

#include <cstdint>

#include "rechub/eval/top_lists.h"

namespace rechub {

// Reciprocal rank fusion of two models' lists (Cormack, Clarke and Buettcher, SIGIR 2009):
//
//   score(item) = sum over the lists that hold it of 1 / (kFusionConstant + rank)
//
// of all items of both lists; the best `depth` are kept. Equal scores: the item that stands higher in `a` comes first, then that which stands higher in `b`; so of two items with
// the same rank in one list each, a's. Throws kShape where the numbers of cases differ.
inline constexpr double kFusionConstant = 60;
TopLists fuse_lists(const TopLists& a, const TopLists& b, int64_t depth);

}  // namespace rechub
