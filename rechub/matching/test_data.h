#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "rechub/base/random.h"
#include "rechub/matching/data_generator.h"
#include "rechub/matching/features.h"

namespace rechub::matching::test_data {

inline constexpr int64_t kItems = 20, kGroups = 4;

inline Column ids(std::vector<int64_t> values) { return Column(std::move(values)); }

// Items 1 to 20 of four categories.
inline Columns all_items() {
  std::vector<int64_t> item, category;
  for (int64_t i = 1; i <= kItems; ++i) item.push_back(i), category.push_back(i % kGroups);
  return {{"item_id", ids(item)}, {"category", ids(category)}};
}

inline std::vector<Feature> item_features() { return {SparseFeature{"item_id", kItems + 1, 8}, SparseFeature{"category", kGroups, 4}}; }

// Clicks: a user of group g clicks items of category g and no others; age says nothing. Every item is shown to every group.
inline std::vector<Feature> click_features() { return {SparseFeature{"group", kGroups, 4}, DenseFeature{"age"}}; }

inline Columns groups() { return {{"group", ids({0, 1, 2, 3})}, {"age", Column(std::vector<float>{20, 30, 40, 50})}}; }

inline std::pair<Columns, Column> clicks(int64_t repetitions) {
  std::vector<int64_t> group, item, category, label;
  std::vector<float> age;
  Random random(3);
  for (int64_t i = 0; i < repetitions * kGroups * kItems; ++i) {
    group.push_back(i % kGroups);
    item.push_back(i / kGroups % kItems + 1);
    category.push_back(item.back() % kGroups);
    label.push_back(group.back() == category.back() ? 1 : 0);
    age.push_back(static_cast<float>(20 + random.below(50)));
  }
  return {{{"group", ids(group)}, {"age", Column(age)}, {"item_id", ids(item)}, {"category", ids(category)}}, ids(label)};
}

// Walks: the item behind i is i + 1, behind the last the first. Histories of three items, padded in front to five.
inline std::vector<Feature> walk_features() { return {SequenceFeature{"history", kItems + 1, 8, "mean", "item_id"}}; }

inline Columns walks(int64_t repetitions) {
  std::vector<int64_t> history, item, category;
  for (int64_t i = 0; i < repetitions * kItems; ++i) {
    history.insert(history.end(), {0, 0});
    for (int64_t t = 0; t < 3; ++t) history.push_back((i + t) % kItems + 1);
    item.push_back((i + 3) % kItems + 1);
    category.push_back(item.back() % kGroups);
  }
  return {{"history", Column(history, 5)}, {"item_id", ids(item)}, {"category", ids(category)}};
}

inline Columns without_items(Columns columns) {
  columns.erase("item_id");
  columns.erase("category");
  return columns;
}

}  // namespace rechub::matching::test_data
