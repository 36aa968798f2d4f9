#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/kernels/aligned_buffer.h"

namespace rechub {

// Lists of different lengths end to end: list i is values[offsets[i] .. offsets[i + 1]). Empty offsets mean "no lists at all".
struct Lists {
  std::span<const int64_t> offsets;  // [count + 1]
  std::span<const int32_t> values;
};

// One batch of questions to an exact index. A query has `vectors_per_query` vectors (the interests of a user); its score for an item is the largest dot product among them.
struct FlatQuery {
  std::span<const float> vectors;  // [num_queries, vectors_per_query, dim]
  int64_t num_queries = 0;
  int64_t vectors_per_query = 1;
  int64_t k = 10;                         // results wanted a query; 0 for none
  Lists exclude = {};                     // positions never returned and never ranked, any order, duplicates allowed (a target in its own exclude list is still ranked)
  std::span<const uint8_t> allowed = {};  // [size] or empty: 0 hides a position for every query (a deny list is its complement)
  Lists targets = {};                     // positions whose rank is wanted
};

struct FlatResult {
  std::vector<int32_t> positions;  // [num_queries, k] best first, equal scores in order of position; -1 where fewer than k positions may be returned
  std::vector<float> scores;       // [num_queries, k]; -infinity where positions is -1
  std::vector<double> ranks;       // one for each entry of targets.values: 1 + number of better positions + half of the other positions with an equal score
  std::vector<int32_t> ties;       // likewise: how many other positions have an equal score
};

// Exact maximum inner product search: the oracle of every other index, the evaluator's ranker and the serving index of small catalogues.
// Scores are computed in tiles and never stored for the whole catalogue; mask, rank and top-k are fused into the tile. Equal vectors get equal scores bit for bit,
// whatever their place and the batch they are asked in. Vectors are copied into a layout of SIMD panels. Const calls are thread-safe and use all threads.
class FlatIndex {
 public:
  // vectors: [size, dim] row-major. Throws kShape where sizes do not fit, kData naming the row of a NaN or infinity.
  FlatIndex(std::span<const float> vectors, int64_t size, int64_t dim);

  int64_t size() const { return size_; }
  int64_t dim() const { return dim_; }
  FlatResult search(const FlatQuery& query) const;  // throws kShape where sizes do not fit, kData for a query that is not finite

 private:
  int64_t size_, dim_;
  AlignedBuffer panels_;
};

}  // namespace rechub
