#pragma once

#include <string>

#include "rechub/data/item_labels.h"
#include "rechub/serve/recall.h"

namespace rechub {

// {"items": [{"item": "7", "score": 1.5, "channels": ["sasrec"]}, ...], "fallback": null, "no_history": null, "unknown": {"history": 0, "allow": 0, "deny": 0, "features": []},
// "version": 1, "arms": {}} `arms`: JSON of the arms the answer was made for. `labels`: further "label" of each item, where it is not null. `fallback` is {"channel": ...,
// "reason": ...} where that channel brought items, `no_history` why nothing of a past is known.
std::string answer_json(const RecallAnswer& answer, const Recall& recall, const std::string& fallback, int64_t version, const ItemLabels* labels, const std::string& arms = "{}");

}  // namespace rechub
