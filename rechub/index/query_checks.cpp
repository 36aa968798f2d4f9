#include "rechub/index/query_checks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"

namespace rechub {
namespace {

constexpr int64_t kMinRowsPerThread = 1024;

void check_lists(const Lists& lists, int64_t num_queries, int64_t size, std::string_view name) {
  if (lists.offsets.empty()) {
    check(lists.values.empty(), ErrorKind::kShape, "index: {} has {} values but no offsets", name, lists.values.size());
    return;
  }
  check(static_cast<int64_t>(lists.offsets.size()) == num_queries + 1, ErrorKind::kShape, "index: {} needs {} offsets for {} queries, got {}", name, num_queries + 1, num_queries,
        lists.offsets.size());
  check(lists.offsets.front() == 0 && std::is_sorted(lists.offsets.begin(), lists.offsets.end()) && lists.offsets.back() == static_cast<int64_t>(lists.values.size()),
        ErrorKind::kShape, "index: the offsets of {} must rise from 0 to {}, its number of values", name, lists.values.size());
  for (size_t i = 0; i < lists.values.size(); ++i) {
    check(lists.values[i] >= 0 && lists.values[i] < size, ErrorKind::kShape, "index: value {} of {} is position {}, but the index holds {} vectors", i, name, lists.values[i],
          size);
  }
}

}  // namespace

// Tests the exponent's bits, which the compiler turns into vector code.
bool all_finite(const float* values, int64_t count) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::bit_cast<uint32_t>(values[i]) & 0x7fffffffu);
  return largest < 0x7f800000u;
}

IndexVectors::IndexVectors(std::span<const float> vectors, int64_t size, int64_t dim, Similarity similarity) : values_(vectors), size_(size), dim_(dim), similarity_(similarity) {
  check(size >= 0 && dim > 0 && dim <= kMaxIndexDim, ErrorKind::kShape, "index: expected 1 to {} dimensions, got {} vectors of {} dimensions", kMaxIndexDim, size, dim);
  check(size <= kMaxIndexSize, ErrorKind::kShape, "index: {} vectors are more than 32-bit positions can name", size);
  check(static_cast<int64_t>(vectors.size()) == size * dim, ErrorKind::kShape, "index: {} vectors of {} dimensions are {} floats, got {}", size, dim, size * dim, vectors.size());
  parallel_for(size, kMinRowsPerThread, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) check(all_finite(vectors.data() + i * dim, dim), ErrorKind::kData, "index: vector {} holds a NaN or an infinity", i);
  });
  if (similarity == Similarity::kCosine) values_ = unit_ = normalised(vectors, dim);
}

void check_query(const SearchQuery& query, const Index& index) {
  const int64_t size = index.size(), dim = index.dim();
  check(query.num_queries >= 0 && query.vectors_per_query > 0 && query.k >= 0, ErrorKind::kShape, "index: got {} queries of {} vectors and k = {}", query.num_queries,
        query.vectors_per_query, query.k);
  const int64_t expected = query.num_queries * query.vectors_per_query * dim;
  check(static_cast<int64_t>(query.vectors.size()) == expected, ErrorKind::kShape, "index: {} queries of {} vectors and {} dimensions are {} floats, got {}", query.num_queries,
        query.vectors_per_query, dim, expected, query.vectors.size());
  check(query.allowed.empty() || static_cast<int64_t>(query.allowed.size()) == size, ErrorKind::kShape, "index: `allowed` needs {} entries, one a vector, got {}", size,
        query.allowed.size());
  check_lists(query.exclude, query.num_queries, size, "exclude");
  check_lists(query.targets, query.num_queries, size, "targets");
  const int64_t query_floats = query.vectors_per_query * dim;
  for (int64_t q = 0; q < query.num_queries; ++q) {
    check(all_finite(query.vectors.data() + q * query_floats, query_floats), ErrorKind::kData, "index: query {} holds a NaN or an infinity", q);
  }
  const Effort effort = index.effort();
  check(!effort.is_none() || query.effort == 0, ErrorKind::kUsage, "a {} index is exact and takes no effort, got {}", index.spec(), query.effort);
  check(query.effort >= 0, ErrorKind::kUsage, "{} of a {} index must be 1 or more, got {}", effort.name, index.spec(), query.effort);
  check(effort.is_none() || query.targets.values.empty(), ErrorKind::kUsage, "only a Flat index ranks targets, this is {}", index.spec());
}

std::vector<float> normalised(std::span<const float> vectors, int64_t dim) {
  std::vector<float> unit(vectors.begin(), vectors.end());
  parallel_for(static_cast<int64_t>(unit.size()) / dim, kMinRowsPerThread, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      float* row = unit.data() + i * dim;
      double squares = 0;  // floats of 1e30 would overflow
      for (int64_t d = 0; d < dim; ++d) squares += static_cast<double>(row[d]) * row[d];
      if (squares == 0) continue;
      const double factor = 1.0 / std::sqrt(squares);
      for (int64_t d = 0; d < dim; ++d) row[d] = static_cast<float>(row[d] * factor);
    }
  });
  return unit;
}

}  // namespace rechub
