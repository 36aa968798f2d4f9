#pragma once

#include <string>
#include <vector>

#include "rechub/data/dataset.h"

namespace rechub {

// "USER: ITEM ITEM ..." of every user, in the order of the data set.
inline std::vector<std::string> sequences(const Dataset& dataset) {
  std::vector<std::string> lines;
  for (int32_t user = kFirstIndex; user < dataset.user_rows(); ++user) {
    lines.push_back(dataset.user_ids().text(user) + ":");
    for (int64_t event = dataset.user_begin()[user]; event < dataset.user_begin()[user + 1]; ++event) lines.back() += " " + dataset.item_ids().text(dataset.items()[event]);
  }
  return lines;
}

}  // namespace rechub
