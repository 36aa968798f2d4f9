#pragma once

#include <memory>
#include <string>

#include "rechub/bundle/bundle.h"
#include "rechub/bundle/catalogue_index.h"
#include "rechub/bundle/vector_encoder.h"

namespace rechub {

// The index a bundle carries, index.rchindex beside item_vectors.safetensors: over the item vectors without the two reserved rows, with the setting it was tuned to.

// Opens a bundle that is to get a new index: a damaged old one is removed; any other damage is refused, as in Bundle::open.
Bundle open_for_new_index(const std::string& directory);

// Builds it from the bundle's item vectors.
std::unique_ptr<Index> build_bundle_index(const Bundle& bundle, const std::string& spec, const IndexOptions& options = {});

// Writes it into the bundle and its manifest; an older one is replaced. Throws kData where the bundle cannot be written.
void store_bundle_index(const Bundle& bundle, const Index& index);

// Null where the bundle has none, or one of another spec, which is not opened: it may need a library that this build lacks. Throws kData where it is damaged or not of as many
// items as the bundle's.
std::unique_ptr<Index> open_bundle_index(const Bundle& bundle, const std::string& spec);

// Ranks cases by what an approximate index returns: the rank of a target is its place among the first `depth` items and infinite behind, so metrics up to that cut-off are those of
// the lists that would be served. Both references must outlive the ranker.
CaseRanker rank_by_index(const VectorEncoder& encoder, const CatalogueIndex& index, int64_t depth);

}  // namespace rechub
