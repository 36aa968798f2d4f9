#include "rechub/matching/embeddings.h"

#include "rechub/base/error.h"

namespace rechub::matching {

SearchResult top_k(const Embeddings& users, const Embeddings& items, int64_t k) {
  check(users.dim == items.dim && items.vectors_per_row == 1, ErrorKind::kShape,
        "users and items need vectors of one width and items one vector each, got widths {} and {}, {} an item", users.dim, items.dim, items.vectors_per_row);
  check(k >= 1, ErrorKind::kUsage, "k should be 1 or more, got {}", k);
  SearchQuery query;
  query.vectors = users.values;
  query.num_queries = users.num_rows;
  query.vectors_per_query = users.vectors_per_row;
  query.k = k;
  return FlatIndex(items.values, items.num_rows, items.dim).search(query);
}

}  // namespace rechub::matching
