#include "rechub/index/flat.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/index/flat_scan.h"
#include "rechub/index/registry.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kBlockRows = 96;         // query vectors scored together: the index is read once for all of them
constexpr int64_t kMinRowsPerThread = 32;  // fewer a thread, and the threads share out the items instead of the queries
constexpr int64_t kMinPanelsPerThread = 64;

// Many queries: each thread takes some of them, in blocks, over all panels.
void search_by_queries(const FlatPanels& panels, const SearchQuery& query, int64_t block_queries, SearchResult& result) {
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
void search_by_panels(const FlatPanels& panels, const SearchQuery& query, int64_t block_queries, SearchResult& result) {
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

FlatIndex::FlatIndex(const IndexVectors& vectors) : Index("Flat", vectors.size(), vectors.dim(), vectors.similarity()) {
  const int64_t num_panels = (size() + kPanelWidth - 1) / kPanelWidth;
  built_ = AlignedBuffer(num_panels * dim() * kPanelWidth);
  parallel_for(num_panels, kMinPanelsPerThread, [&](int64_t begin, int64_t end, int) {
    const int64_t first = begin * kPanelWidth, last = std::min(end * kPanelWidth, size());
    kernels().panels.pack(vectors.row(first), last - first, dim(), 1.0f, built_.data() + begin * dim() * kPanelWidth, end - begin);
  });
  panels_ = {built_.data(), static_cast<size_t>(built_.size())};
}

FlatIndex::FlatIndex(IndexFile file) : Index("Flat", file.size(), file.dim(), file.similarity()), file_(std::move(file)) {
  panels_ = file_->section<float>("panels", (size() + kPanelWidth - 1) / kPanelWidth * dim() * kPanelWidth);
}

void FlatIndex::save(const std::string& path) const {
  IndexFileWriter file(*this);
  file.add("panels", panels_);
  file.write(path);
}

void FlatIndex::find_best(const SearchQuery& query, SearchResult& result) const {
  const FlatPanels panels{panels_.data(), size(), dim()};
  const int64_t block_queries = std::max<int64_t>(1, kBlockRows / query.vectors_per_query);
  if (query.num_queries * query.vectors_per_query >= kMinRowsPerThread * num_threads()) {
    search_by_queries(panels, query, block_queries, result);
  } else {
    search_by_panels(panels, query, block_queries, result);
  }
}

std::unique_ptr<Index> build_flat(const IndexSpec&, const IndexVectors& vectors, const IndexOptions&) { return std::make_unique<FlatIndex>(vectors); }

std::unique_ptr<Index> open_flat(const IndexSpec&, IndexFile file) { return std::make_unique<FlatIndex>(std::move(file)); }

}  // namespace rechub
