#include "rechub/bundle/retriever.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"

namespace rechub {

Retriever::Retriever(const Bundle& bundle) : bundle_(bundle), encoder_(bundle.dataset(), bundle.model(), bundle.parameters()), items_(bundle.item_vectors()), index_(items_) {}

std::vector<std::vector<RetrievedItem>> Retriever::search(const at::Tensor& vectors, std::span<const std::vector<int32_t>> excluded, int64_t k,
                                                          std::span<const uint8_t> allowed) const {
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> items;
  for (const std::vector<int32_t>& list : excluded) {
    items.insert(items.end(), list.begin(), list.end());
    offsets.push_back(static_cast<int64_t>(items.size()));
  }
  const FlatResult found = index_.search(vectors, k, {offsets, items}, {}, allowed);
  std::vector<std::vector<RetrievedItem>> results(excluded.size());
  for (size_t q = 0; q < results.size(); ++q) {
    for (size_t i = q * k; i < (q + 1) * k && found.positions[i] >= 0; ++i) results[q].push_back({found.positions[i], found.scores[i]});
  }
  return results;
}

std::vector<std::vector<RetrievedItem>> Retriever::recommend(std::span<const RetrievalRequest> requests, int64_t k, bool exclude_seen, std::span<const uint8_t> allowed) const {
  if (requests.empty()) return {};
  const Dataset& dataset = bundle_.dataset();
  // Histories of the data set keep their events' own features; given ones have none.
  std::vector<EvaluationCase> cases;
  std::vector<int32_t> users;
  std::vector<std::vector<int32_t>> histories, excluded;
  std::vector<int64_t> order;  // of request i: its row in the concatenation of both kinds
  for (const RetrievalRequest& request : requests) {
    const int64_t begin = dataset.user_begin()[request.user], end = dataset.user_begin()[request.user + 1];
    if (request.history) {
      order.push_back(static_cast<int64_t>(users.size()));
      users.push_back(request.user);
      histories.push_back(*request.history);
      excluded.push_back(exclude_seen ? *request.history : std::vector<int32_t>());
    } else {
      order.push_back(-1 - static_cast<int64_t>(cases.size()));
      cases.push_back({request.user, begin, end, end, end});
      const auto seen = dataset.items().subspan(begin, exclude_seen ? end - begin : 0);
      excluded.emplace_back(seen.begin(), seen.end());
    }
  }
  std::vector<at::Tensor> parts;
  if (!users.empty()) parts.push_back(encoder_.encode(make_history_batch(dataset, users, histories, bundle_.model().options().max_length)));
  if (!cases.empty()) parts.push_back(encoder_.user_vectors(cases));
  for (int64_t& row : order) row = row >= 0 ? row : static_cast<int64_t>(users.size()) - 1 - row;
  const at::Tensor rows = at::from_blob(order.data(), {static_cast<int64_t>(order.size())}, at::kLong);
  return search(at::cat(parts, 0).index_select(0, rows).contiguous(), excluded, k, allowed);
}

std::vector<RetrievedItem> Retriever::similar(int32_t item, int64_t k, std::span<const uint8_t> allowed) const {
  check(item >= kFirstIndex && item < items_.size(0), ErrorKind::kNotFound, "there is no item in row {}", item);
  const std::vector<int32_t> itself = {item};
  return search(items_[item].view({1, 1, -1}).contiguous(), {&itself, 1}, k, allowed)[0];
}

}  // namespace rechub
