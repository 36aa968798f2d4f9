#include "rechub/eval/rank_fusion.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"

namespace rechub {
namespace {

// Writes the fusion of two lists to `fused`, which holds -1.
void fuse(std::span<const int32_t> a, std::span<const int32_t> b, std::span<int32_t> fused) {
  struct Scored {
    int32_t item;
    double score;
  };
  std::vector<Scored> scored;  // in the order that decides between equal scores
  boost::unordered_flat_map<int32_t, size_t> place;
  for (size_t i = 0; i < a.size(); ++i) {
    place.emplace(a[i], scored.size());
    scored.push_back({a[i], 1 / (kFusionConstant + 1 + static_cast<double>(i))});
  }
  for (size_t i = 0; i < b.size(); ++i) {
    const double score = 1 / (kFusionConstant + 1 + static_cast<double>(i));
    const auto found = place.find(b[i]);
    if (found == place.end()) {
      scored.push_back({b[i], score});
    } else {
      scored[found->second].score += score;
    }
  }
  std::stable_sort(scored.begin(), scored.end(), [](const Scored& first, const Scored& second) { return first.score > second.score; });
  for (size_t i = 0; i < std::min(scored.size(), fused.size()); ++i) fused[i] = scored[i].item;
}

}  // namespace

TopLists fuse_lists(const TopLists& a, const TopLists& b, int64_t depth) {
  check(a.num_cases() == b.num_cases(), ErrorKind::kShape, "lists of {} and of {} cases cannot be fused", a.num_cases(), b.num_cases());
  TopLists fused{depth, std::vector<int32_t>(a.num_cases() * depth, -1)};
  parallel_for(a.num_cases(), 64, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) fuse(a.list(i, a.depth), b.list(i, b.depth), std::span(fused.items).subspan(i * depth, depth));
  });
  return fused;
}

}  // namespace rechub
