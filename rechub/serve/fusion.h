#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rechub/serve/channel.h"

namespace rechub {

// What one channel brought, to be put together with what others did.
struct ChannelList {
  double weight = 1;  // > 0
  std::vector<ScoredItem> items;
};

struct FusedItem {
  std::string item;
  double score = 0;
  uint64_t channels = 0;  // bit i: list i holds it
};

inline constexpr size_t kMostChannels = 64;

// A row of the table of fusions (fusion.cpp). `count` best items of all lists, no item twice; equal scores in the order of the lists, then of their items.
//   quota            each list has places in proportion to its weight: the next place goes to the list with the smallest (places so far + 1) / weight that still has an item which
//   is
//                    not there yet. The score is that of the item in the list that brought it, and so does not order items of several lists
//   reciprocal_rank  the sum over the lists that hold it of weight / (60 + rank), rank from 1 (Cormack, Clarke and Buettcher, SIGIR 2009; eval/rank_fusion.h for two lists)
//   calibrated       scores are probabilities (calibration.h): 1 - product over the lists that hold it of (1 - score) ^ weight, the chance that one of them is right if they were
//                    independent
struct FusionEntry {
  const char* name;
  std::vector<FusedItem> (*fuse)(std::span<const ChannelList> lists, int64_t count);
  bool is_calibrated = false;  // takes probabilities
  bool is_comparable = true;   // its scores order items, whatever list they come from
};
const FusionEntry& named_fusion(const std::string& name);  // throws kUsage with the known ones

}  // namespace rechub
