#include "rechub/train/vector_ring.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace rechub {

VectorRing::VectorRing(int64_t size, int64_t dim) : ids_(at::zeros({size}, at::kLong)), vectors_(at::zeros({size, dim})), cursor_(at::zeros({2}, at::kLong)) {}

void VectorRing::push(const at::Tensor& ids, const at::Tensor& vectors) {
  const int64_t size = ids_.size(0), count = std::min(size, ids.size(0)), first = ids.size(0) - count;
  const at::Tensor places = (at::arange(count, at::kLong) + cursor_[0]).remainder(size);
  ids_.index_copy_(0, places, ids.narrow(0, first, count));
  vectors_.index_copy_(0, places, vectors.narrow(0, first, count).to(vectors_.scalar_type()));
  cursor_[0] = (cursor_[0] + count).remainder(size);
  cursor_[1] = at::clamp_max(cursor_[1] + count, size);
}

std::vector<std::pair<std::string, at::Tensor>> VectorRing::state(const std::string& prefix) const {
  return {{prefix + ".ids", ids_}, {prefix + ".vectors", vectors_}, {prefix + ".cursor", cursor_}};
}

}  // namespace rechub
