#pragma once

// Data, model and plan for tests of training: small enough to be learnt by heart in a second.

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "rechub/base/json_options.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/vector_encoder.h"
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

// The same, and in front of every event but the first an item was shown and not taken: that of the next sequence at the same place, an event of weight 0.
inline Dataset eight_sequences_with_shown_items() {
  const Dataset plain = eight_sequences();
  DatasetParts parts;
  parts.user_rows = plain.user_rows();
  parts.item_rows = plain.item_rows();
  parts.user_begin = {0, 0, 0};
  for (int64_t s = 0; s < kSequences; ++s) {
    for (int64_t t = 0; t < kSequenceLength; ++t) {
      if (t > 0) parts.items.push_back(plain.items()[(s + 1) % kSequences * kSequenceLength + t]), parts.weights.push_back(0);
      parts.items.push_back(plain.items()[s * kSequenceLength + t]), parts.weights.push_back(1);
    }
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

// Options that the model does not have are passed over.
inline BuiltModel build_small(const char* model, const Dataset& dataset, const nlohmann::json& options) {
  const auto builder = find_model(model).builder();
  options_from_json(options, [&](OptionVisitor& visitor) { builder->describe(visitor); });
  return build_model(*builder, make_schema(dataset), {}, 1);
}

inline BuiltModel build_gru4rec(const Dataset& dataset, const nlohmann::json& options) { return build_small("gru4rec", dataset, options); }

inline TrainPlan small_plan(const std::string& loss, int64_t epochs, double learning_rate) {
  TrainPlan plan;
  plan.train.loss = loss;
  plan.train.reduction = "max";
  plan.train.epochs = epochs;
  plan.train.num_workers = 0;
  plan.optimizer.learning_rate = learning_rate;
  return plan;
}

// The share of events, from the `first`-th of their sequence on, that one of the user's vectors ranks first among all items that are somebody's target: training takes the interest
// that is right, none learns to stay behind another. The first items of sequences are nobody's target: no in-batch sampler ever draws them, so nothing pushes them down.
inline double hit_at_1(const Dataset& dataset, const BuiltModel& built, int64_t first = 1) {
  std::vector<EvaluationCase> cases;
  std::vector<int64_t> targets;
  at::Tensor is_target = at::zeros({dataset.item_rows()}, at::kBool);
  for (int32_t user = 2; user < dataset.user_rows(); ++user) {
    const int64_t begin = dataset.user_begin()[user], end = dataset.user_begin()[user + 1];
    for (int64_t t = begin + 1; t < end; ++t) {
      if (!dataset.weights().empty() && dataset.weights()[t] == 0) continue;
      is_target[dataset.items()[t]] = true;
      if (t < begin + first) continue;
      cases.push_back({user, begin, t, t, t + 1});
      targets.push_back(dataset.items()[t]);
    }
  }
  const VectorEncoder encoder(dataset, *built.model, *built.parameters);
  const at::Tensor scores = at::matmul(encoder.user_vectors(cases), encoder.item_vectors().t());  // [cases, Q, item_rows]
  const at::Tensor best = scores.masked_fill(is_target.logical_not(), -1e9).argmax(2);
  return at::eq(best, at::tensor(targets, at::kLong).unsqueeze(1)).any(1).to(at::kDouble).mean().item<double>();
}

}  // namespace rechub
