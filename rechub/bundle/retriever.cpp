#include "rechub/bundle/retriever.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/index/diversity.h"

namespace rechub {

Retriever::Retriever(const Bundle& bundle) : bundle_(bundle), encoder_(bundle), items_(bundle.item_vectors()), index_(items_) {}

std::vector<std::vector<RetrievedItem>> Retriever::search(const at::Tensor& vectors, std::span<const std::vector<int32_t>> excluded, int64_t k,
                                                          std::span<const uint8_t> allowed) const {
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> items;
  for (const std::vector<int32_t>& list : excluded) {
    items.insert(items.end(), list.begin(), list.end());
    offsets.push_back(static_cast<int64_t>(items.size()));
  }
  const SearchResult found = index_.search(vectors, k, {offsets, items}, {}, allowed);
  std::vector<std::vector<RetrievedItem>> results(excluded.size());
  for (size_t q = 0; q < results.size(); ++q) {
    for (size_t i = q * k; i < (q + 1) * k && found.positions[i] >= 0; ++i) results[q].push_back({found.positions[i], found.scores[i]});
  }
  return results;
}

// The best items of each interest on its own, so that every interest has its say; what they are worth is the largest score among all.
Retriever::Results Retriever::search_diverse(const at::Tensor& vectors, std::span<const std::vector<int32_t>> excluded, int64_t k, std::span<const uint8_t> allowed,
                                             const Diversity& diversity) const {
  if (diversity.weight == 0) return search(vectors, excluded, k, allowed);
  const int64_t num_interests = vectors.size(1), pool = std::min(std::max(diversity.pool, k), items_.size(0) - kFirstIndex);
  std::vector<std::vector<int32_t>> excluded_by_interest;
  for (const std::vector<int32_t>& list : excluded) excluded_by_interest.insert(excluded_by_interest.end(), num_interests, list);
  const Results by_interest = search(vectors.view({-1, 1, vectors.size(2)}), excluded_by_interest, pool, allowed);
  Results results(excluded.size());
  for (size_t q = 0; q < results.size(); ++q) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < num_interests; ++i) {
      for (const RetrievedItem& found : by_interest[q * num_interests + i]) rows.push_back(found.item);
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    if (rows.empty()) continue;
    const at::Tensor candidates = items_.index_select(0, at::from_blob(rows.data(), {static_cast<int64_t>(rows.size())}, at::kLong));  // [C, D]
    const at::Tensor scores = at::matmul(candidates, vectors[static_cast<int64_t>(q)].t()).amax(1).contiguous();                       // [C]
    const std::span<const float> score(scores.const_data_ptr<float>(), rows.size());
    std::vector<int32_t> categories;
    for (int64_t row : rows) categories.push_back(diversity.categories[row]);
    for (int64_t chosen : choose_diverse(score, categories, k, diversity.weight)) results[q].push_back({static_cast<int32_t>(rows[chosen]), score[chosen]});
  }
  return results;
}

std::vector<std::vector<RetrievedItem>> Retriever::recommend(std::span<const RetrievalRequest> requests, int64_t k, bool exclude_seen, std::span<const uint8_t> allowed,
                                                             const Diversity& diversity) const {
  if (requests.empty()) return {};
  const Dataset& dataset = bundle_.dataset();
  std::vector<std::vector<int32_t>> excluded;
  for (const RetrievalRequest& request : requests) {
    if (!exclude_seen) {
      excluded.emplace_back();
    } else if (request.history) {
      excluded.push_back(*request.history);
    } else {
      const int64_t begin = dataset.user_begin()[request.user], end = dataset.user_begin()[request.user + 1];
      const auto seen = dataset.items().subspan(begin, end - begin);
      excluded.emplace_back(seen.begin(), seen.end());
    }
  }
  return search_diverse(user_vectors(requests), excluded, k, allowed, diversity);
}

std::vector<RetrievedItem> Retriever::similar(int32_t item, int64_t k, std::span<const uint8_t> allowed, const Diversity& diversity) const {
  check(item >= kFirstIndex && item < items_.size(0), ErrorKind::kNotFound, "there is no item in row {}", item);
  const std::vector<int32_t> itself = {item};
  return search_diverse(items_[item].view({1, 1, -1}).contiguous(), {&itself, 1}, k, allowed, diversity)[0];
}

}  // namespace rechub
