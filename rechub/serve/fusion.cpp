#include "rechub/serve/fusion.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/eval/rank_fusion.h"

namespace rechub {
namespace {

// All items of the lists, each once, in the order of the lists; `add(item, list, position)` for each place it stands at.
template <class Add>
std::vector<FusedItem> gather(std::span<const ChannelList> lists, const Add& add) {
  check(lists.size() <= kMostChannels, ErrorKind::kUsage, "at most {} channels are fused, got {}", kMostChannels, lists.size());
  boost::unordered_flat_map<std::string_view, size_t> place;
  std::vector<FusedItem> fused;
  for (size_t list = 0; list < lists.size(); ++list) {
    for (size_t i = 0; i < lists[list].items.size(); ++i) {
      const auto [found, is_new] = place.try_emplace(lists[list].items[i].item, fused.size());
      if (is_new) fused.push_back({lists[list].items[i].item, 0, 0});
      FusedItem& item = fused[found->second];
      item.channels |= uint64_t{1} << list;
      add(item, list, i);
    }
  }
  return fused;
}

std::vector<FusedItem> best(std::vector<FusedItem> items, int64_t count) {
  std::stable_sort(items.begin(), items.end(), [](const FusedItem& a, const FusedItem& b) { return a.score > b.score; });
  if (static_cast<int64_t>(items.size()) > count) items.resize(count);
  return items;
}

std::vector<FusedItem> fuse_by_quota(std::span<const ChannelList> lists, int64_t count) {
  std::vector<FusedItem> all = gather(lists, [](FusedItem&, size_t, size_t) {});
  boost::unordered_flat_map<std::string_view, const FusedItem*> waiting;
  for (const FusedItem& item : all) waiting.emplace(item.item, &item);
  std::vector<size_t> next(lists.size());
  std::vector<int64_t> taken(lists.size());
  std::vector<FusedItem> fused;
  while (static_cast<int64_t>(fused.size()) < count) {
    size_t chosen = lists.size();
    double smallest = 0;
    for (size_t list = 0; list < lists.size(); ++list) {
      while (next[list] < lists[list].items.size() && !waiting.contains(lists[list].items[next[list]].item)) ++next[list];
      if (next[list] == lists[list].items.size()) continue;
      const double turn = static_cast<double>(taken[list] + 1) / lists[list].weight;
      if (chosen == lists.size() || turn < smallest) chosen = list, smallest = turn;
    }
    if (chosen == lists.size()) break;
    const ScoredItem& item = lists[chosen].items[next[chosen]];
    fused.push_back(*waiting.at(item.item));
    fused.back().score = item.score;
    waiting.erase(item.item);
    ++taken[chosen];
  }
  return fused;
}

std::vector<FusedItem> fuse_by_rank(std::span<const ChannelList> lists, int64_t count) {
  return best(gather(lists, [&](FusedItem& item, size_t list, size_t position) { item.score += lists[list].weight / (kFusionConstant + static_cast<double>(position + 1)); }),
              count);
}

std::vector<FusedItem> fuse_probabilities(std::span<const ChannelList> lists, int64_t count) {
  std::vector<FusedItem> items = gather(lists, [&](FusedItem& item, size_t list, size_t position) {
    const double probability = std::clamp<double>(lists[list].items[position].score, 0, 1);
    item.score = 1 - (1 - item.score) * std::pow(1 - probability, lists[list].weight);
  });
  return best(std::move(items), count);
}

constexpr FusionEntry kFusions[] = {
    // name, function, is_calibrated, is_comparable
    {"quota", fuse_by_quota, false, false},
    {"reciprocal_rank", fuse_by_rank},
    {"calibrated", fuse_probabilities, true},
};

}  // namespace

const FusionEntry& named_fusion(const std::string& name) { return find_entry<FusionEntry>(kFusions, name, "fusion"); }

}  // namespace rechub
