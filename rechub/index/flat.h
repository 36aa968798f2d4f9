#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "rechub/index/index.h"
#include "rechub/index/index_file.h"
#include "rechub/index/query_checks.h"
#include "rechub/kernels/aligned_buffer.h"

namespace rechub {

// Exact maximum inner product search: the oracle of every other index, the evaluator's ranker and the serving index of small catalogues.
// Scores are computed in tiles and never stored for the whole catalogue; mask, rank and top-k are fused into the tile. Equal vectors get equal scores bit for bit,
// whatever their place and the batch they are asked in. Vectors are copied into a layout of SIMD panels. Const calls are thread-safe and use all threads.
class FlatIndex : public Index {
 public:
  // vectors: [size, dim] row-major. Throws kShape where sizes do not fit, kData naming the row of a NaN or infinity.
  FlatIndex(std::span<const float> vectors, int64_t size, int64_t dim, Similarity similarity = Similarity::kInnerProduct)
      : FlatIndex(IndexVectors(vectors, size, dim, similarity)) {}
  explicit FlatIndex(const IndexVectors& vectors);
  explicit FlatIndex(IndexFile file);

  int64_t memory_bytes() const override { return static_cast<int64_t>(panels_.size_bytes()); }
  void save(const std::string& path) const override;

 protected:
  void find_best(const SearchQuery& query, SearchResult& result) const override;

 private:
  AlignedBuffer built_;
  std::optional<IndexFile> file_;
  std::span<const float> panels_;  // of built_ or of the file
};

}  // namespace rechub
