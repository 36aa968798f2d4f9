#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "rechub/index/index.h"
#include "rechub/kernels/panels.h"

namespace rechub {

// What every index asks of the vectors and queries it is given.

inline constexpr int64_t kMaxIndexDim = 65536, kMaxIndexSize = std::numeric_limits<int32_t>::max() - kPanelWidth;

bool all_finite(const float* values, int64_t count);

// Vectors as an index takes them in: checked, and for kCosine normalised, once. Throws kShape for sizes that do not fit or are more than 32-bit positions can name, kData naming
// the row that is not finite. `vectors` must outlive it.
class IndexVectors {
 public:
  IndexVectors(std::span<const float> vectors, int64_t size, int64_t dim, Similarity similarity);
  IndexVectors(const IndexVectors&) = delete;
  IndexVectors& operator=(const IndexVectors&) = delete;

  std::span<const float> values() const { return values_; }  // [size, dim]
  const float* row(int64_t i) const { return values_.data() + i * dim_; }
  int64_t size() const { return size_; }
  int64_t dim() const { return dim_; }
  Similarity similarity() const { return similarity_; }

 private:
  std::vector<float> unit_;
  std::span<const float> values_;
  int64_t size_, dim_;
  Similarity similarity_;
};

// Shapes, positions, finite values and effort of a query. Throws as Index::search.
void check_query(const SearchQuery& query, const Index& index);

// Rows of `dim` values, each divided by its length; rows of zeros stay.
std::vector<float> normalised(std::span<const float> vectors, int64_t dim);

}  // namespace rechub
