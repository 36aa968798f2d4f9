#include "rechub/index/flat.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <string_view>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/index/flat_scan.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kBlockRows = 96;         // query vectors scored together: the index is read once for all of them
constexpr int64_t kMinRowsPerThread = 32;  // fewer a thread, and the threads share out the items instead of the queries
constexpr int64_t kMinPanelsPerThread = 64;

// Tests the exponent's bits, which the compiler turns into vector code.
bool all_finite(const float* values, int64_t count) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::bit_cast<uint32_t>(values[i]) & 0x7fffffffu);
  return largest < 0x7f800000u;
}

void check_lists(const Lists& lists, int64_t num_queries, int64_t size, std::string_view name) {
  if (lists.offsets.empty()) {
    check(lists.values.empty(), ErrorKind::kShape, "flat index: {} has {} values but no offsets", name, lists.values.size());
    return;
  }
  check(static_cast<int64_t>(lists.offsets.size()) == num_queries + 1, ErrorKind::kShape, "flat index: {} needs {} offsets for {} queries, got {}", name, num_queries + 1,
        num_queries, lists.offsets.size());
  check(lists.offsets.front() == 0 && std::is_sorted(lists.offsets.begin(), lists.offsets.end()) && lists.offsets.back() == static_cast<int64_t>(lists.values.size()),
        ErrorKind::kShape, "flat index: the offsets of {} must rise from 0 to {}, its number of values", name, lists.values.size());
  for (size_t i = 0; i < lists.values.size(); ++i) {
    check(lists.values[i] >= 0 && lists.values[i] < size, ErrorKind::kShape, "flat index: value {} of {} is position {}, but the index holds {} vectors", i, name, lists.values[i],
          size);
  }
}

void check_query(const FlatQuery& query, int64_t size, int64_t dim) {
  check(query.num_queries >= 0 && query.vectors_per_query > 0 && query.k >= 0, ErrorKind::kShape, "flat index: got {} queries of {} vectors and k = {}", query.num_queries,
        query.vectors_per_query, query.k);
  const int64_t expected = query.num_queries * query.vectors_per_query * dim;
  check(static_cast<int64_t>(query.vectors.size()) == expected, ErrorKind::kShape, "flat index: {} queries of {} vectors and {} dimensions are {} floats, got {}",
        query.num_queries, query.vectors_per_query, dim, expected, query.vectors.size());
  check(query.allowed.empty() || static_cast<int64_t>(query.allowed.size()) == size, ErrorKind::kShape, "flat index: `allowed` needs {} entries, one a vector, got {}", size,
        query.allowed.size());
  check_lists(query.exclude, query.num_queries, size, "exclude");
  check_lists(query.targets, query.num_queries, size, "targets");
  const int64_t query_floats = query.vectors_per_query * dim;
  for (int64_t q = 0; q < query.num_queries; ++q) {
    check(all_finite(query.vectors.data() + q * query_floats, query_floats), ErrorKind::kData, "flat index: query {} holds a NaN or an infinity", q);
  }
}

// Many queries: each thread takes some of them, in blocks, over all panels.
void search_by_queries(const FlatPanels& panels, const FlatQuery& query, int64_t block_queries, FlatResult& result) {
  parallel_for(query.num_queries, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t first = begin; first < end; first += block_queries) {
      const FlatBlock block(panels, query, first, std::min(end, first + block_queries));
      std::vector<FlatFindings> findings;
      findings.push_back(block.scan(0, panels.num_panels()));
      block.finish(findings, result);
    }
  });
}

// Few queries: each thread takes a range of panels.
void search_by_panels(const FlatPanels& panels, const FlatQuery& query, int64_t block_queries, FlatResult& result) {
  for (int64_t first = 0; first < query.num_queries; first += block_queries) {
    const FlatBlock block(panels, query, first, std::min(query.num_queries, first + block_queries));
    std::vector<FlatFindings> findings(num_threads());
    parallel_for(panels.num_panels(), kMinPanelsPerThread, [&](int64_t begin, int64_t end, int thread) { findings[thread] = block.scan(begin, end); });
    std::erase_if(findings, [](const FlatFindings& found) { return found.tops.empty(); });
    if (findings.empty()) findings.push_back(block.scan(0, 0));
    block.finish(findings, result);
  }
}

}  // namespace

FlatIndex::FlatIndex(std::span<const float> vectors, int64_t size, int64_t dim) : size_(size), dim_(dim) {
  check(size >= 0 && dim > 0, ErrorKind::kShape, "flat index: expected at least one dimension, got {} vectors of {} dimensions", size, dim);
  check(size <= std::numeric_limits<int32_t>::max() - kPanelWidth, ErrorKind::kShape, "flat index: {} vectors are more than 32-bit positions can name", size);
  check(static_cast<int64_t>(vectors.size()) == size * dim, ErrorKind::kShape, "flat index: {} vectors of {} dimensions are {} floats, got {}", size, dim, size * dim,
        vectors.size());
  const int64_t num_panels = (size + kPanelWidth - 1) / kPanelWidth;
  panels_ = AlignedBuffer(num_panels * dim * kPanelWidth);
  parallel_for(num_panels, kMinPanelsPerThread, [&](int64_t begin, int64_t end, int) {
    const int64_t first = begin * kPanelWidth, last = std::min(end * kPanelWidth, size);
    for (int64_t i = first; i < last; ++i) check(all_finite(vectors.data() + i * dim, dim), ErrorKind::kData, "flat index: vector {} holds a NaN or an infinity", i);
    kernels().panels.pack(vectors.data() + first * dim, last - first, dim, 1.0f, panels_.data() + begin * dim * kPanelWidth, end - begin);
  });
}

FlatResult FlatIndex::search(const FlatQuery& query) const {
  check_query(query, size_, dim_);
  FlatResult result;
  result.positions.assign(query.num_queries * query.k, -1);
  result.scores.assign(query.num_queries * query.k, -std::numeric_limits<float>::infinity());
  result.ranks.resize(query.targets.values.size());
  result.ties.resize(query.targets.values.size());
  const FlatPanels panels{panels_.data(), size_, dim_};
  const int64_t block_queries = std::max<int64_t>(1, kBlockRows / query.vectors_per_query);
  if (query.num_queries * query.vectors_per_query >= kMinRowsPerThread * num_threads()) {
    search_by_queries(panels, query, block_queries, result);
  } else {
    search_by_panels(panels, query, block_queries, result);
  }
  return result;
}

}  // namespace rechub
