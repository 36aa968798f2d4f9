#include "rechub/base/error.h"
#include "rechub/index/registry.h"

namespace rechub {

std::unique_ptr<Index> build_annoy(const IndexSpec& spec, std::span<const float>, int64_t, int64_t, const IndexOptions&) {
  fail(ErrorKind::kUsage, "index '{}': this RecHub was built without Annoy: run ./run setup and build it again", spec.text);
}

std::unique_ptr<Index> open_annoy(const IndexSpec& spec, IndexFile) {
  fail(ErrorKind::kUsage, "index '{}': this RecHub was built without Annoy: run ./run setup and build it again", spec.text);
}

}  // namespace rechub
