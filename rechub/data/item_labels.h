#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/dataset.h"

namespace rechub {

// The sparse item feature `name`. Throws kUsage naming `source` ("--show") and the known ones where there is none.
const FeatureColumn& sparse_item_feature(const Dataset& dataset, const std::string& source, const std::string& name);

void add_to_label(std::string& label, const std::string& text);  // behind a comma; an empty text, of a missing value, is left out

// The values of some sparse item features as "a, b", for people. The data set must outlive it.
class ItemLabels {
 public:
  ItemLabels(const Dataset& dataset, const std::string& source, const std::vector<std::string>& names);
  std::string of(int32_t item) const;
  const std::vector<const FeatureColumn*>& columns() const { return columns_; }

 private:
  const Dataset& dataset_;
  std::vector<const FeatureColumn*> columns_;
};

}  // namespace rechub
