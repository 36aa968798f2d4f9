#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "rechub/data/batch_plan.h"
#include "rechub/data/split.h"
#include "rechub/eval/evaluator.h"
#include "rechub/losses/loss.h"
#include "rechub/models/model.h"
#include "rechub/models/registry.h"
#include "rechub/samplers/sampler.h"
#include "rechub/train/contrastive.h"
#include "rechub/train/train_options.h"

namespace rechub {

// Everything a run is made of besides data and model.
struct TrainPlan {
  TrainOptions train;
  OptimizerOptions optimizer;
  LossOptions loss;
  SamplerOptions sampler;
  ContrastiveOptions contrastive;
  EvaluationOptions evaluation;
  // Throws kUsage for a value out of range or an unknown name, saying which. A metric that a hook computes (TrainHooks::validate) may have any name.
  void validate(bool has_own_metrics = false) const;
};

// What is known after an epoch: a line of metrics.jsonl.
struct EpochReport {
  int64_t epoch = 0;             // from 1
  double train_loss = 0;         // mean over readouts
  double seconds = 0;            // of training, without the evaluation
  double events_per_second = 0;  // targets a second
  double learning_rate = 0;
  double evaluation_seconds = 0;
  std::map<std::string, double> metrics;  // of the validation cases; empty where the epoch was not evaluated
  bool is_best = false;
};

struct TrainResult {
  int64_t epochs = 0, best_epoch = 0;
  double best_metric = 0;  // of TrainOptions::metric; 0 without validation cases
  bool stopped_early = false;
  bool interrupted = false;  // by TrainHooks::is_interrupted
};

// What a caller may watch or take over. All optional.
struct TrainHooks {
  std::function<void(int64_t step, int64_t total_steps, double loss)> on_step;
  std::function<void(const EpochReport&)> on_epoch;
  std::function<bool()> should_stop;                   // asked after each epoch, after on_epoch: true ends training there, as early stopping does
  std::function<bool()> is_interrupted;                // asked after each step: true ends training there, with the best weights so far, or those of now before the first evaluation
  std::function<double(int64_t epoch)> learning_rate;  // of an epoch, counted from 0, in place of the plan's schedule
  std::function<std::map<std::string, double>()> validate;  // metrics of the weights as they are now, in place of the split's validation cases
};

// The loss a run uses: what the options name, else the model's own; softmax over a catalogue whose cost is above kMaxCatalogueCost becomes sampled_softmax.
// The cost is items x dim: 1 million items of width 64 cost 64 million, about 0.4 TFLOP for a batch of 1,000 targets.
inline constexpr int64_t kMaxCatalogueCost = 16'000'000;
std::string chosen_loss(const TrainOptions& options, const std::string& model_loss, int64_t num_items, int64_t dim);

// The sampler a run with `loss` uses: what the options name, else the model's own where its own loss is used, else "" (the loss's own).
std::string chosen_sampler(const TrainOptions& options, const ModelEntry& model, const std::string& loss);

// What a target's history is under these options.
HistoryRule history_rule(const TrainOptions& options, const Model& model);

// What an epoch is made of: the split's training windows in random order, or its sessions side by side (TrainOptions::batching). Throws kUsage for a batching that is unknown, and
// for session_parallel with a model that carries no state, with strictly_earlier or first_events, or with data that bring one target a user.
std::unique_ptr<BatchPlan> make_batch_plan(const Dataset& dataset, const Split& split, const Model& model, const TrainOptions& options);

// Trains until the epochs are over or the validation metric has not risen for `patience` evaluations; the best weights are in `parameters` at the end, always, and the
// unknown item (row 1 of the items' tables) is the mean of the items. With a checkpoint
// directory, the state is saved there as the options say, and `resume` goes on from the newest good checkpoint with the same result, bit for bit, as a run that was never stopped.
// A loss that is not finite, and weights too large for a finite one where a checkpoint is due, throw kData naming the step and the tensor; the last checkpoint stays.
TrainResult train(const Dataset& dataset, const Split& split, const Model& model, ParameterSet& parameters, const TrainPlan& plan, const std::string& checkpoint_directory,
                  bool resume, const TrainHooks& hooks);

}  // namespace rechub
