#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <ATen/core/Tensor.h>

#include "rechub/index/flat.h"

namespace rechub {

// An index over the catalogue that speaks in item rows (2 and up) where Index speaks in positions: what evaluation and recommendation search. Const calls are thread-safe.
class CatalogueIndex {
 public:
  explicit CatalogueIndex(const at::Tensor& item_vectors);  // exact; float32 [item_rows, D], the two reserved rows included; copied
  explicit CatalogueIndex(std::unique_ptr<Index> index);    // over the item vectors without the reserved rows

  const Index& index() const { return *index_; }

  // The k best items of each user, and the ranks of `targets` (an exact index only). users: float32 [n, Q, D], contiguous. Lists hold item rows, reserved ones in `exclude` are
  // skipped; `allowed` is [item_rows] or empty. Positions of the result are item rows, -1 where there are fewer than k. Throws kShape where sizes do not fit.
  SearchResult search(const at::Tensor& users, int64_t k, const Lists& exclude, const Lists& targets = {}, std::span<const uint8_t> allowed = {}) const;

 private:
  std::unique_ptr<Index> index_;
};

}  // namespace rechub
