#include "rechub/bundle/catalogue_index.h"

#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/data/vocabulary.h"

namespace rechub {
namespace {

std::span<const float> as_span(const at::Tensor& tensor) { return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())}; }

std::unique_ptr<Index> exact_index(const at::Tensor& items) {
  const at::Tensor catalogue = items.narrow(0, kFirstIndex, items.size(0) - kFirstIndex).contiguous();
  return std::make_unique<FlatIndex>(as_span(catalogue), catalogue.size(0), catalogue.size(1));
}

// Lists of item rows as lists of positions in the index; reserved rows have none and are left out.
struct PositionLists {
  explicit PositionLists(const Lists& items) {
    if (items.offsets.empty()) return;
    offsets.push_back(0);
    for (size_t i = 0; i + 1 < items.offsets.size(); ++i) {
      for (int64_t j = items.offsets[i]; j < items.offsets[i + 1]; ++j) {
        if (items.values[j] >= kFirstIndex) positions.push_back(items.values[j] - kFirstIndex);
      }
      offsets.push_back(static_cast<int64_t>(positions.size()));
    }
  }
  Lists lists() const { return {offsets, positions}; }

  std::vector<int64_t> offsets;
  std::vector<int32_t> positions;
};

}  // namespace

CatalogueIndex::CatalogueIndex(const at::Tensor& item_vectors) : index_(exact_index(item_vectors)) {}

CatalogueIndex::CatalogueIndex(std::unique_ptr<Index> index) : index_(std::move(index)) {}

SearchResult CatalogueIndex::search(const at::Tensor& users, int64_t k, const Lists& exclude, const Lists& targets, std::span<const uint8_t> allowed) const {
  const int64_t item_rows = index_->size() + kFirstIndex;
  check(allowed.empty() || static_cast<int64_t>(allowed.size()) == item_rows, ErrorKind::kShape, "allowed: expected one entry for each of the {} item rows, got {}", item_rows,
        allowed.size());
  const PositionLists excluded(exclude), wanted(targets);
  SearchQuery query;
  query.vectors = as_span(users);
  query.num_queries = users.size(0);
  query.vectors_per_query = users.size(1);
  query.k = k;
  query.exclude = excluded.lists();
  query.targets = wanted.lists();
  if (!allowed.empty()) query.allowed = allowed.subspan(kFirstIndex);
  SearchResult result = index_->search(query);
  for (int32_t& position : result.positions) position = position < 0 ? -1 : position + kFirstIndex;
  return result;
}

}  // namespace rechub
