#pragma once

#include <string>

namespace rechub {

// An item of some bundle's catalogue, by its raw id, numbers as text: bundles need not share one catalogue.
struct ScoredItem {
  std::string item;
  float score = 0;
};

}  // namespace rechub
