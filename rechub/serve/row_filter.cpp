#include "rechub/serve/row_filter.h"

#include <algorithm>

namespace rechub {

RowFilter::RowFilter(const Dataset& dataset, const ItemFilter& filter, std::span<const int32_t> history) {
  denied = known_history(dataset, filter.deny).items;
  if (filter.exclude_seen) denied.insert(denied.end(), history.begin(), history.end());
  std::sort(denied.begin(), denied.end());
  denied.erase(std::unique(denied.begin(), denied.end()), denied.end());
  if (!filter.has_allow) return;
  allowed.assign(dataset.item_rows(), 0);
  for (int32_t row : known_history(dataset, filter.allow).items) allowed[row] = 1;
}

bool RowFilter::permits(int32_t row) const { return (allowed.empty() || allowed[row] != 0) && !std::binary_search(denied.begin(), denied.end(), row); }

std::vector<std::string> denied_ids(const Dataset& dataset, const ItemFilter& filter, const UserRequest& who) {
  std::vector<std::string> denied = filter.deny;
  if (!filter.exclude_seen) return denied;
  if (who.history) {
    denied.insert(denied.end(), who.history->begin(), who.history->end());
  } else {
    for (int32_t row : known_history(dataset, who).items) denied.push_back(dataset.item_ids().text(row));
    for (const UserEvent& event : news(dataset, who)) denied.push_back(event.item);  // live items that are not in the data, too
  }
  return denied;
}

std::vector<ScoredItem> best_rows(const Dataset& dataset, std::vector<ScoredRow> rows, const RowFilter& filter, int64_t count) {
  std::erase_if(rows, [&](const ScoredRow& row) { return !filter.permits(row.row); });
  const auto kept = rows.begin() + std::min<int64_t>(count, static_cast<int64_t>(rows.size()));
  std::partial_sort(rows.begin(), kept, rows.end(), [](const ScoredRow& a, const ScoredRow& b) { return a.score > b.score || (a.score == b.score && a.row < b.row); });
  std::vector<ScoredItem> items;
  for (auto row = rows.begin(); row != kept; ++row) items.push_back({dataset.item_ids().text(row->row), row->score});
  return items;
}

}  // namespace rechub
