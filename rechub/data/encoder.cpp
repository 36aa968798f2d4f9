#include "rechub/data/encoder.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "rechub/data/extended_history.h"

namespace rechub {

std::span<const UserEvent> news(const Dataset& dataset, const UserRequest& request) {
  const std::span<const UserEvent> events = request.since;
  const int32_t user = dataset.user_ids().find(request.user);
  const int64_t end = dataset.user_begin()[user + 1], ticks = ticks_of_times(dataset);
  if (ticks == 0 || end == dataset.user_begin()[user]) return events;
  const int64_t last = dataset.times()[end - 1];
  const auto first = std::find_if(events.begin(), events.end(), [&](const UserEvent& event) { return ticks_at(event.time, ticks) > last; });
  return events.subspan(first - events.begin());
}

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
  KnownHistory history{{events.begin(), events.end()}, 0};
  for (const UserEvent& event : news(dataset, request)) {
    const int32_t row = dataset.item_ids().find(event.item);
    if (row == kUnknownIndex) ++history.num_unknown;
    if (row != kUnknownIndex) history.items.push_back(row);
  }
  return history;
}

}  // namespace rechub
