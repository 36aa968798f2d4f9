#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/index/flat.h"

namespace rechub::matching {

// Vectors of users or items, row by row: float32 [num_rows, vectors_per_row, dim]. Items have one vector a row, users one or as many as the model finds interests; all of length 1.
struct Embeddings {
  std::vector<float> values;
  int64_t num_rows = 0, vectors_per_row = 1, dim = 0;

  std::span<const float> row(int64_t index) const { return std::span(values).subspan(index * vectors_per_row * dim, vectors_per_row * dim); }
};

// The `k` best items of every user by exact search: positions are rows of `items`, best first, [users, k]; -1 and -infinity where there are fewer. Throws kShape where users and
// items differ in width, kUsage for a k below 1.
SearchResult top_k(const Embeddings& users, const Embeddings& items, int64_t k);

}  // namespace rechub::matching
