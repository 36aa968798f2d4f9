#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/base/options.h"

namespace rechub {

// How the weights are updated. Tables are row-sparse: only rows a step read are updated, each counting its own steps, and decay falls on those rows only; rows of a leaf that is a
// whole table (full softmax, small feature tables) are updated every step. This differs from torch's dense Adam with L2 on purpose: rare items keep their state.
struct OptimizerOptions {
  std::string optimizer = "adam";
  double learning_rate = 1e-3;
  double weight_decay = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double clip_norm = 0;
  std::string schedule = "constant";
  int64_t warmup_steps = 0;
  // Penalties as terms of the loss: l1 x the sum of sizes, l2 x the sum of squares, of tables (the rows a step touches) and of other weights but those of layer norms. For callers
  // of the library; the program has weight_decay alone.
  double embedding_l1 = 0, embedding_l2 = 0, dense_l1 = 0, dense_l2 = 0;
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage for a value out of range, naming it
};

// How long, on what and how training runs.
struct TrainOptions {
  int64_t epochs = 200;
  int64_t batch_size = 512;
  std::string batching = "windows";
  bool strictly_earlier = false, first_events = false;  // see HistoryRule
  std::string loss;
  std::string sampler;
  std::string reduction;  // see InterestReduction
  double reduction_power = 1;
  std::vector<std::string> objectives;
  std::string metric = "NDCG@10";
  int64_t patience = 10;
  int64_t evaluate_every = 1;
  int64_t seed = 1;
  int64_t num_workers = 2;
  double unknown_user_share = 0.1;
  double checkpoint_minutes = 5;
  int64_t checkpoint_steps = 0;
  void describe(OptionVisitor& visitor);
  void validate() const;  // as OptimizerOptions
};

}  // namespace rechub
