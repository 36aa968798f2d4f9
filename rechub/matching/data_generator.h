#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rechub/matching/columns.h"

namespace rechub::matching {

// Rows to learn from, judge or embed, and how they are gone through. Copies share the columns.
struct DataLoader {
  std::string name;                          // of the columns in messages
  std::shared_ptr<const Columns> columns;    // rows
  std::vector<float> labels;                 // [rows], or empty: none
  std::shared_ptr<const Columns> catalogue;  // all items, which histories and rankings draw on; null: those a trainer was fitted with
  int64_t batch_size = 256;
  int64_t num_workers = 0;  // threads that prepare batches ahead while training; any number gives the same result
};

struct DataLoaders {
  DataLoader train, test, item;
};

// Training rows: columns of users and items by feature name, and a label a row (clicked or not, a weight); without labels every row is a wanted pair.
class MatchDataGenerator {
 public:
  // Throws kShape where columns or labels differ in rows, kData naming the row of a label that is negative or not finite.
  explicit MatchDataGenerator(Columns x, const std::optional<Column>& y = std::nullopt);

  // Loaders of the training rows, of users to recommend to (or judge by, where they have the item columns too) and of all items.
  DataLoaders generate_dataloader(Columns x_test_user, Columns x_all_item, int64_t batch_size, int64_t num_workers = 8) const;

 private:
  std::shared_ptr<const Columns> x_;
  std::vector<float> labels_;
};

// A loader of labelled rows by themselves: validation rows for fit and evaluate. Throws as MatchDataGenerator does.
DataLoader make_dataloader(Columns x, const std::optional<Column>& y, int64_t batch_size, int64_t num_workers = 8);

}  // namespace rechub::matching
