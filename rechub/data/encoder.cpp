#include "rechub/data/encoder.h"

namespace rechub {

KnownHistory known_history(const Dataset& dataset, std::span<const std::string> ids) {
  KnownHistory history;
  for (const std::string& id : ids) {
    const int32_t row = dataset.item_ids().find(id);
    if (row == kUnknownIndex) ++history.num_unknown;
    if (row != kUnknownIndex) history.items.push_back(row);
  }
  return history;
}

KnownHistory known_history(const Dataset& dataset, const UserRequest& request) {
  if (request.history) return known_history(dataset, *request.history);
  const int32_t user = dataset.user_ids().find(request.user);
  const auto events = dataset.items().subspan(dataset.user_begin()[user], dataset.user_begin()[user + 1] - dataset.user_begin()[user]);
  return {{events.begin(), events.end()}, 0};
}

}  // namespace rechub
