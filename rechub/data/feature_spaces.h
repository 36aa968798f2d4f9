#pragma once

#include <map>
#include <string>

#include "rechub/data/feature_table.h"
#include "rechub/data/schema.h"
#include "rechub/data/vocabulary.h"

namespace rechub {

// The vocabularies of a data set's features while it is prepared, by the name of their space.
class FeatureSpaces {
 public:
  // Null for an encoding that needs no vocabulary; `items` is what the space "items" stands for. A new space is made where there is none of that name. Stays valid.
  Vocabulary* of(const FeatureSpec& spec, Vocabulary* items) {
    const bool needs_one = spec.kind != FeatureKind::kDense && (spec.encoding == "value" || spec.encoding == "cross");
    if (!needs_one) return nullptr;
    return spec.space == kItemSpace ? items : &spaces_[spec.space];
  }
  const std::map<std::string, Vocabulary>& all() const { return spaces_; }

  // Sets the rows of a spec whose space is complete.
  void set_rows(FeatureSpec& spec, int64_t item_rows) const {
    const auto found = spaces_.find(spec.space);
    if (spec.space == kItemSpace) spec.rows = item_rows;
    if (found != spaces_.end() && spec.kind != FeatureKind::kDense) spec.rows = found->second.rows();
  }

 private:
  std::map<std::string, Vocabulary> spaces_;
};

}  // namespace rechub
