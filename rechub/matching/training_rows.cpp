#include "rechub/matching/training_rows.h"

#include <algorithm>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/data/loader.h"
#include "rechub/data/vocabulary.h"
#include "rechub/matching/examples.h"

namespace rechub::matching {
namespace {

float label_of(const std::vector<float>& labels, int64_t row) { return labels.empty() ? 1.0F : labels[row]; }

// Which training rows are held out: a seeded draw without replacement.
std::vector<bool> held_out_rows(int64_t count, double share, uint64_t seed) {
  std::vector<bool> held(count);
  const auto wanted = static_cast<int64_t>(static_cast<double>(count) * share);
  const std::vector<int64_t> order = epoch_order(count, seed, 0);
  for (int64_t i = 0; i < wanted; ++i) held[order[i]] = true;
  if (wanted == 0) {
    log_info("there are no labelled validation rows, and {} training rows are too few to hold any out: the last epoch is kept", count);
  } else {
    log_info("there are no labelled validation rows: {} of the {} training rows, drawn by seed, are held out to judge by", wanted, count);
  }
  return held;
}

Dataset build_dataset(const FeatureLayout& layout, const DataLoader& train, const DataLoader* validation, LabelUse use, const std::vector<float>& labels,
                      const std::vector<float>& validation_labels) {
  ExampleBuilder builder(layout);
  if (train.catalogue) builder.add_items(*train.catalogue, "x_all_item");
  builder.add_rows(*train.columns, train.name, labels, true);
  if (validation) builder.add_rows(*validation->columns, validation->name, validation_labels, true);
  return builder.build(use);
}

LabelUse use_of(int mode, const std::vector<float>& labels) {
  const bool all_one = std::all_of(labels.begin(), labels.end(), [](float label) { return label == 1; });
  if (all_one) return LabelUse::kNone;
  return mode == 0 ? LabelUse::kLabel : LabelUse::kWeight;
}

}  // namespace

std::vector<float> labels_as_meant(const DataLoader& rows, int mode) {
  if (rows.labels.empty()) return {};
  if (mode != 0) {
    if (std::any_of(rows.labels.begin(), rows.labels.end(), [](float label) { return label > 0; })) return rows.labels;
    log_info("{}: all labels are 0, as where they give the place of the wanted item in a list: every row counts as wanted", rows.name);
    return {};
  }
  for (size_t row = 0; row < rows.labels.size(); ++row) {
    check(rows.labels[row] <= 1, ErrorKind::kData, "y, row {}: mode 0 takes labels from 0 to 1, got {}; scale them, or use mode 1 or 2, where a label weighs its row", row,
          rows.labels[row]);
  }
  return rows.labels;
}

bool has_items(const FeatureLayout& layout, const DataLoader& rows) {
  return rows.columns && std::all_of(layout.item.begin(), layout.item.end(), [&](const LaidOutFeature& feature) { return rows.columns->count(feature.spec.name) > 0; });
}

TrainingRows make_training_rows(const FeatureLayout& layout, const DataLoader& train, const DataLoader& validation, int mode, double validation_share, uint64_t seed) {
  check(train.columns != nullptr, ErrorKind::kUsage, "fit needs a loader of training rows, as MatchDataGenerator makes one");
  const bool has_validation = has_items(layout, validation);
  const std::vector<float> labels = labels_as_meant(train, mode), validation_labels = has_validation ? labels_as_meant(validation, mode) : std::vector<float>();
  const LabelUse use = use_of(mode, labels);
  TrainingRows out{build_dataset(layout, train, has_validation ? &validation : nullptr, use, labels, validation_labels), {}, {}, use == LabelUse::kLabel, 0};

  const int64_t num_train = count_rows(*train.columns, train.name), num_rows = out.dataset.num_users();
  const std::vector<bool> held_out = has_validation ? std::vector<bool>(num_train) : held_out_rows(num_train, validation_share, seed);
  out.split.protocol = "rows";
  out.split.one_target = true;
  out.split.train_end.assign(out.dataset.user_begin().begin(), out.dataset.user_begin().end() - 1);  // nothing trains
  out.split.item_counts.resize(out.dataset.item_rows());
  for (int64_t row = 0; row < num_rows; ++row) {
    const bool is_training = row < num_train && !held_out[row];
    const float label = row < num_train ? label_of(labels, row) : label_of(validation_labels, row - num_train);
    if (!is_training) {
      out.validation.rows.push_back(row);
      out.validation.labels.push_back(label);
    } else if (out.has_labels || label > 0) {
      const EvaluationCase example = case_of_row(out.dataset, row, true);
      out.split.train_end[example.user] = example.target_end;
      ++out.split.item_counts[out.dataset.items()[example.target_begin]];
      ++out.num_training;
    }
  }
  out.split.num_train_events = out.num_training;
  check(out.num_training > 0, ErrorKind::kData, "{}: no row is left to train on", train.name);
  return out;
}

Dataset dataset_of_rows(const FeatureLayout& layout, const DataLoader& rows, const Columns* catalogue, bool with_targets) {
  check(rows.columns != nullptr, ErrorKind::kUsage, "the loader has no rows");
  ExampleBuilder builder(layout);
  if (catalogue) builder.add_items(*catalogue, "x_all_item");
  builder.add_rows(*rows.columns, rows.name, {}, with_targets);
  return builder.build(LabelUse::kNone);
}

}  // namespace rechub::matching
