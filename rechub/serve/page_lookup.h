#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "rechub/data/item_labels.h"
#include "rechub/serve/experiments.h"
#include "rechub/serve/recall.h"

namespace rechub {

// What the page at / asks beside recommendations, of the first bundle's data, items as Recall::described says: JSON texts. The recall and the labels must outlive it. Thread-safe.
class PageLookup {
 public:
  PageLookup(const Recall& recall, const ItemLabels& labels) : recall_(recall), labels_(labels) {}

  // {"channels": [{"name", "weight"}], "features": [sparse item features], "items": live ones, "users": N, "keeps_seen", "first_user", "version", "arms": [{"experiment", "arm"}]}
  std::string settings(int64_t version, const Experiments& experiments) const;
  // {"items": [{"item", "label"}]}, of those that are live: that with this id, then the first whose id or label holds the text, in whatever case: new ones that came with features,
  // and those of the data, by the labels they have there.
  std::string items(const std::string& text) const;
  std::string users(const std::string& begin) const;  // {"users": [ids]}: the first in order of text whose ids begin so
  // {"is_known", "count", "items": [{"item", "label"}]}: the newest, newest first. `since`: what the user did beside what the data says.
  std::string history(const std::string& user, std::vector<UserEvent> since) const;

 private:
  const std::vector<std::string>& search_texts() const;
  const std::vector<int32_t>& users_by_text() const;
  const Recall& recall_;
  const ItemLabels& labels_;
  mutable std::once_flag has_texts_, has_users_;
  mutable std::vector<std::string> texts_;  // [item_rows] id and label in lower case, made at the first search
  mutable std::vector<int32_t> users_;      // rows, likewise
};

}  // namespace rechub
