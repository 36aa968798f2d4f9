#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rechub/index/approximate_index.h"
#include "rechub/index/index_file.h"
#include "rechub/index/registry.h"

namespace rechub {

// A navigable small world graph (Malkov and Yashunin, TPAMI 2018, arXiv 1603.09320), built and ready to be searched: it does not change, needs no locks and lies in flat arrays, so
// that a mapped file is one.
struct HnswLevel {
  std::span<const int32_t> positions;  // [nodes] ascending
  std::span<const int32_t> below;      // [nodes] the same node's place in the level below; on the lowest of these levels its position
  std::span<const int32_t> links;      // [nodes, width] places in this level, -1 behind the last
  int64_t width = 0;
};

struct HnswGraph {
  int64_t size = 0, width = 0;     // width: most links of a node on the ground level
  std::span<const int32_t> links;  // [size, width] positions, -1 behind the last
  std::vector<HnswLevel> levels;   // above the ground, lowest first; a search starts at the first node of the last
  int32_t entry = -1;              // position where the search of the ground level starts when there are no levels; -1 for an empty graph

  int64_t memory_bytes() const;
  void add_to(IndexFileWriter& file) const;
};

// The arrays behind a built graph.
struct BuiltHnswGraph {
  struct Level {
    std::vector<int32_t> positions, below, links;
  };
  int64_t width = 0, level_width = 0;
  std::vector<int32_t> links;
  std::vector<Level> levels;
  int32_t entry = -1;

  HnswGraph view() const;
};

// A built graph with the vectors it links, as an index.
std::unique_ptr<Index> make_hnsw(const IndexSpec& spec, BuiltHnswGraph graph, const IndexVectors& vectors);

// The graph in a file. Throws kData for links that lead nowhere.
HnswGraph read_hnsw_graph(const IndexFile& file, int64_t num_links);

// Scores of positions: what the vectors are is not the graph's affair.
struct HnswScorer {
  const float* vector;
  const float* rows;     // [size, dim], or null
  const uint8_t* codes;  // [size, dim] where rows is null
  int64_t dim;
  float offset;  // added to each score

  void operator()(const int32_t* positions, int64_t count, float* scores) const;
};

// The permitted ones among the best `ef` permitted positions a best-first search meets. False where it met so few that to score all permitted positions is cheaper.
bool search_hnsw_graph(const HnswGraph& graph, const HnswScorer& scorer, int64_t ef, const Permitted& permitted, std::vector<ScoredPosition>& found);

}  // namespace rechub
