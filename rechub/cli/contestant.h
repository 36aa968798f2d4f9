#pragma once

#include <list>
#include <string>

#include <nlohmann/json.hpp>

#include "rechub/bundle/bundle.h"
#include "rechub/eval/evaluator.h"
#include "rechub/eval/top_lists.h"

namespace rechub::cli {

// A model or recommender that `rechub compare` has judged.
struct Contestant {
  std::string name;
  // What is known besides the judgement. Of all: "kind" ("model", "recommender"), "about", "lists_per_second" (cases ranked and listed a second). Of models: "loss", "parameters",
  // "dim", "epochs", "best_epoch", "training_seconds" (all epochs with their validation), "epoch_seconds" and "events_per_second" (medians of the epochs), "users_per_second" and
  // "items_per_second" (vectors encoded), "curve" ([{"epoch", "seconds" since the start, "loss", "value" of `metric`}]). Of recommenders: "training_seconds".
  nlohmann::json facts;
  Evaluation evaluation;
  TopLists lists;
};

// What all contestants are judged by.
struct Contest {
  const Dataset& dataset;
  const Split& split;
  std::string which;  // valid or test
  EvaluationOptions options;
  int64_t depth;       // of the lists that are kept
  std::string metric;  // of the curves
};

Contestant judge_bundle(const Contest& contest, const std::string& directory);
Contestant judge_recommender(const Contest& contest, const RecommenderEntry& entry, int64_t max_bytes);

}  // namespace rechub::cli
