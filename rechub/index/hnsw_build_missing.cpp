#include "rechub/base/error.h"
#include "rechub/index/hnsw_graph.h"

namespace rechub {

BuiltHnswGraph build_hnsw_graph(std::span<const float>, int64_t, int64_t, int64_t, const IndexOptions&) {
  fail(ErrorKind::kUsage, "this RecHub was built without hnswlib, which builds HNSW indexes: install libhnswlib-dev and build it again (built ones can be opened)");
}

}  // namespace rechub
