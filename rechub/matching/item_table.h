#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rechub/data/feature_values.h"
#include "rechub/matching/columns.h"
#include "rechub/matching/feature_layout.h"

namespace rechub::matching {

// Columns of features, with the two reserved rows of the engine (padding, unknown) in front.
std::vector<FeatureValues> empty_features(const std::vector<LaidOutFeature>& features);
void append_features(const std::vector<LaidOutFeature>& features, const Columns& columns, const std::string& what, std::vector<FeatureValues>& values);

// The distinct items of some data: rows that are equal in every item feature are one item. Items are numbered 2, 3, ... in the order they come in.
class ItemTable {
 public:
  explicit ItemTable(const FeatureLayout& layout);
  ~ItemTable();

  std::vector<int32_t> add(const Columns& columns, const std::string& what);  // the item of each row
  // The first item that came in with this code of the item id; where none did, a new one of which nothing else is known.
  int32_t find_or_add(int32_t id_code);

  int32_t rows() const;  // the two reserved ones included
  std::vector<FeatureValues> take();

 private:
  int32_t intern(const std::vector<FeatureValues>& values, int64_t row);
  struct State;
  const FeatureLayout& layout_;
  std::unique_ptr<State> state_;
};

}  // namespace rechub::matching
