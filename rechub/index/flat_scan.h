#pragma once

#include <cstdint>
#include <vector>

#include "rechub/index/flat.h"
#include "rechub/index/top_k.h"

namespace rechub {

// Queries [first, last) of a SearchQuery against a range of panels of a flat index: scores in tiles, masked, ranked and selected while they are in the cache.

// The vectors of a flat index, as PanelKernels::pack laid them out.
struct FlatPanels {
  const float* data;
  int64_t size;
  int64_t dim;
  int64_t num_panels() const;
};

// What a scan finds, to be merged over ranges of panels: one TopK a query, and counts for each target of the block.
struct FlatFindings {
  std::vector<TopK> tops;
  std::vector<int64_t> better, equal;  // not hidden positions with a better and an equal score, a target that is not hidden included in its own `equal`
};

// What is known of a block of queries before its scan.
class FlatBlock {
 public:
  FlatBlock(const FlatPanels& panels, const SearchQuery& query, int64_t first, int64_t last);

  // Scans panels [begin, end). Thread-safe.
  FlatFindings scan(int64_t begin, int64_t end) const;

  // Writes the results of this block's queries, from the findings of ranges that cover all panels, in their order.
  void finish(std::vector<FlatFindings>& findings, SearchResult& result) const;

 private:
  int64_t num_queries() const { return last_ - first_; }
  int64_t first_target() const { return query_.targets.offsets.empty() ? 0 : query_.targets.offsets[first_]; }
  bool is_hidden(int64_t query, int32_t position) const;
  void sort_excluded();
  void score_targets();
  void mask(float* scores, int64_t begin, int64_t end, std::vector<int64_t>& cursors) const;
  void rank(const float* scores, int64_t num_panels, FlatFindings& found) const;

  const FlatPanels& panels_;
  const SearchQuery& query_;
  int64_t first_, last_;
  std::vector<int64_t> excluded_offsets_;  // of each query of the block in excluded_
  std::vector<int32_t> excluded_;          // ascending for each query
  std::vector<float> target_scores_;
};

}  // namespace rechub
