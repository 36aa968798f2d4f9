#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rechub/bundle/bundle.h"
#include "rechub/bundle/catalogue_index.h"
#include "rechub/bundle/request_encoder.h"

namespace rechub {

struct RetrievedItem {
  int32_t item = 0;  // row
  float score = 0;   // dot product or cosine, before any temperature
};

// ComiRec's controllable aggregation (index/diversity.h): the k items that trade scores for variety of categories, out of the `pool` best items of each of a user's interests.
// Scores shown stay those of the items alone.
struct Diversity {
  double weight = 0;                         // lambda: what a pair of items of different categories is worth, in scores; 0: the plain list
  std::span<const int32_t> categories = {};  // [item_rows] codes of a sparse item feature
  int64_t pool = 0;                          // k at least
};

// Top-k of a bundle by exact search: what `rechub recommend` prints. References must outlive it; const calls may run at the same time.
class Retriever {
 public:
  explicit Retriever(const Bundle& bundle);

  at::Tensor user_vectors(std::span<const RetrievalRequest> requests) const { return encoder_.user_vectors(requests); }

  // Best first, for each request; fewer than k where fewer items may be returned. `exclude_seen` leaves out the items of the history. `allowed`: [item_rows] or empty, 0 hides an
  // item.
  std::vector<std::vector<RetrievedItem>> recommend(std::span<const RetrievalRequest> requests, int64_t k, bool exclude_seen, std::span<const uint8_t> allowed = {},
                                                    const Diversity& diversity = {}) const;

  // The items most alike: by the dot product of item vectors (cosine where the model's similarity is), the item itself left out.
  std::vector<RetrievedItem> similar(int32_t item, int64_t k, std::span<const uint8_t> allowed = {}, const Diversity& diversity = {}) const;

 private:
  using Results = std::vector<std::vector<RetrievedItem>>;
  Results search(const at::Tensor& vectors, std::span<const std::vector<int32_t>> excluded, int64_t k, std::span<const uint8_t> allowed) const;
  Results search_diverse(const at::Tensor& vectors, std::span<const std::vector<int32_t>> excluded, int64_t k, std::span<const uint8_t> allowed, const Diversity& diversity) const;

  const Bundle& bundle_;
  RequestEncoder encoder_;
  at::Tensor items_;  // [item_rows, D]
  CatalogueIndex index_;
};

}  // namespace rechub
