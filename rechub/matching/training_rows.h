#pragma once

#include <cstdint>
#include <vector>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/matching/data_generator.h"
#include "rechub/matching/feature_layout.h"
#include "rechub/matching/match_judge.h"

namespace rechub::matching {

// What fit trains on: the training rows, then those to judge by, as one data set in which equal items are one.
struct TrainingRows {
  Dataset dataset;
  Split split;  // which rows train
  JudgedRows validation;
  bool has_labels = false;  // mode 0 with rows of label 0: the labels say what is wanted, and no negatives are drawn
  int64_t num_training = 0;
};

// `validation` may lack columns or item columns; then validation_share of the training rows, drawn by `seed`, are held out, and the log says so. Throws kData where a label does
// not suit the mode or no row is left to train on.
TrainingRows make_training_rows(const FeatureLayout& layout, const DataLoader& train, const DataLoader& validation, int mode, double validation_share, uint64_t seed);

// The labels of rows as the mode means them; empty where every row counts as wanted. Throws kData for a label that does not suit the mode.
std::vector<float> labels_as_meant(const DataLoader& rows, int mode);

// Whether the loader has a column for every item feature.
bool has_items(const FeatureLayout& layout, const DataLoader& rows);

// Rows by themselves: with their items as targets where `with_targets`. Histories and rankings draw on `catalogue` first (null: nothing but the rows).
Dataset dataset_of_rows(const FeatureLayout& layout, const DataLoader& rows, const Columns* catalogue, bool with_targets);

}  // namespace rechub::matching
