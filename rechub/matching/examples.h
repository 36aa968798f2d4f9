#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/matching/columns.h"
#include "rechub/matching/feature_layout.h"
#include "rechub/matching/item_table.h"

namespace rechub::matching {

// What the labels of rows are to the engine.
enum class LabelUse { kNone, kLabel, kWeight };

// Rows as a data set of the engine: every row is a user of its own (2, 3, ... in the order of rows) with the row's user features, whose events are its history and then, where the
// row has an item, that item: the target. Equal items are one (ItemTable).
class ExampleBuilder {
 public:
  explicit ExampleBuilder(const FeatureLayout& layout);

  // Items that histories may hold and rankings go over. Call it before rows are added: what is known of an item is what came first.
  void add_items(const Columns& columns, const std::string& what);
  // `labels` may be empty (all 1). `with_items`: the columns have item features too.
  void add_rows(const Columns& columns, const std::string& what, const std::vector<float>& labels, bool with_items);
  Dataset build(LabelUse use);

 private:
  struct Rows {
    FeatureValues history;
    std::vector<int32_t> targets;  // empty: none
    std::vector<float> labels;
    int64_t count = 0;
  };
  const FeatureLayout& layout_;
  ItemTable items_;
  std::vector<FeatureValues> users_;
  std::vector<Rows> rows_;
};

// The row as a question: its history, and its target where it has one.
EvaluationCase case_of_row(const Dataset& dataset, int64_t row, bool has_target);

// Items as a data set without users: item 2 + r is row r, equal or not.
Dataset item_dataset(const FeatureLayout& layout, const Columns& columns, const std::string& what);

}  // namespace rechub::matching
