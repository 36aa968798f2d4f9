#pragma once

// Data, model and plan for tests of training: small enough to be learnt by heart in a second.

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/base/json_options.h"
#include "rechub/bundle/bundle.h"
#include "rechub/data/dataset_parts.h"
#include "rechub/data/split.h"
#include "rechub/train/trainer.h"

namespace rechub {

inline constexpr int64_t kSequences = 8, kSequenceLength = 6;

// Eight users; sequence s holds items of its own, so that each position's next item can be learnt.
inline Dataset eight_sequences() {
  DatasetParts parts;
  parts.user_rows = 2 + kSequences;
  parts.item_rows = 2 + kSequences * kSequenceLength;
  parts.user_begin = {0, 0, 0};
  for (int64_t s = 0; s < kSequences; ++s) {
    for (int64_t t = 0; t < kSequenceLength; ++t) parts.items.push_back(static_cast<int32_t>(2 + s * kSequenceLength + t));
    parts.user_begin.push_back(static_cast<int64_t>(parts.items.size()));
  }
  return Dataset::from_memory(std::move(parts));
}

// Every event trains.
inline Split all_training(const Dataset& dataset) {
  Split split;
  split.protocol = "all";
  split.train_end.assign(dataset.user_begin().begin() + 1, dataset.user_begin().end());
  split.item_counts.resize(dataset.item_rows());
  for (int32_t item : dataset.items()) ++split.item_counts[item];
  split.num_train_events = dataset.num_events();
  return split;
}

inline BuiltModel build_gru4rec(const Dataset& dataset, const nlohmann::json& options) {
  const auto builder = find_model("gru4rec").builder();
  options_from_json(options, [&](OptionVisitor& visitor) { builder->describe(visitor); });
  return build_model(*builder, make_schema(dataset), {}, 1);
}

inline TrainPlan small_plan(const std::string& loss, int64_t epochs, double learning_rate) {
  TrainPlan plan;
  plan.train.loss = loss;
  plan.train.reduction = "max";
  plan.train.epochs = epochs;
  plan.train.num_workers = 0;
  plan.optimizer.learning_rate = learning_rate;
  return plan;
}

}  // namespace rechub
