#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/bundle/bundle.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/work_directory.h"
#include "rechub/data/prepare.h"
#include "rechub/train/trainer.h"

namespace rechub::cli {

// One model that is trained, judged and written as a bundle: what the commands train, compare and tune share.

// What `rechub train` is told.
struct TrainCommand {
  std::string data, model, out, split = "leave-one-out", device = "cpu", json, init_from;
  std::vector<std::string> freeze;
  bool other_ids = false;
  int64_t split_seed = 1;
  bool resume = false, overwrite = false;
  TrainPlan plan;
  PrepareOptions prepare;
};

// A command with the model it names, its options read and checked.
struct TrainingRun {
  TrainCommand command;
  const ModelEntry* entry = nullptr;
  std::unique_ptr<ModelBuilder> builder;
  nlohmann::json config;           // every value used, by section
  std::vector<std::string> given;  // SECTION.KEY of those the command line of train gave
  std::string loss_note;           // why the loss is another than the model's; empty where it is not
};

// The sections of a run's configuration that say how a model is trained and judged; `train`, `compare` and `tune` take them all.
constexpr const char* kSettings[] = {"model", "training", "optimizer", "loss", "sampler", "contrastive", "evaluation"};

// Adds those of kSettings that every model has: all but [model].
void add_plan(Arguments& arguments, TrainPlan& plan);

// Reads the arguments of train; false: --help or --explain was printed and there is nothing to do.
bool parse_training(int argc, const char* const* argv, TrainingRun& run);

// The same run as `rechub train --data DATA --model MODEL --out OUT [--config CONFIG] [--set SET]...` makes, with this process's threads and quietness.
TrainingRun make_training(const std::string& data, const std::string& model, const std::string& out, const std::string& config, const std::vector<std::string>& sets);

struct TrainedModel {
  BuiltModel built;
  TrainResult result;
};

// SECTION.KEY=VALUE for what the command line or the config file gave of kSettings: how commands that train several models hand it on.
std::vector<std::string> given_settings(const Arguments& arguments);

// find_model, which says of the recommenders that need no training where they are used.
const ModelEntry& find_trained(const std::string& name);

// The cut-off of a metric's name: 10 of NDCG@10. Throws kUsage for a name without one.
int64_t metric_cutoff(const std::string& metric);

// What decides which model a run of `config` (TrainingRun::config, after choose_loss) makes: its settings, without places and what only judges, and a checksum of its data.
nlohmann::json training_identity(const nlohmann::json& config, const Dataset& dataset);

// What a run must share with an unfinished one to go on with it: training_identity, but for how long it trains.
nlohmann::json run_identity(const TrainingRun& run, const Dataset& dataset);

// Throws kUsage where `data` is prepared already and flags of the command line say how to prepare it.
void check_preparation(const Arguments& arguments, const std::string& data);

// Puts the loss, sampler and reduction that will be used (chosen_loss, chosen_sampler in trainer.h) into the command and the configuration.
void choose_loss(TrainingRun& run, const Dataset& dataset);

// Trains on a data set that is open already (choose_loss first), says how it goes, and keeps checkpoints and metrics in `work`. Of `hooks`, on_epoch, should_stop and
// is_interrupted may be set.
TrainedModel train_model(TrainingRun& run, const Dataset& dataset, const Split& split, const WorkDirectory& work, const TrainHooks& hooks = {});

// train_model, then the judgement of validation and test cases and the bundle at command.out. Returns metrics.json: {"valid", "test", "training": {"epochs", "best_epoch",
// "best_metric", "metric", "parameters", "interrupted"}}.
nlohmann::json train_bundle(TrainingRun& run, const Dataset& dataset, const Split& split, const WorkDirectory& work, const TrainHooks& hooks = {});

// What is known after an epoch as a line of metrics.jsonl.
nlohmann::json epoch_line(const EpochReport& report);

// `rechub train`, watched by `hooks` (all but on_step and validate may be set). Returns what train_bundle does; null where --help or --explain was asked for.
nlohmann::json train_by_arguments(int argc, const char* const* argv, const TrainHooks& hooks);

// Throws kUsage where something is at command.out that may not be replaced.
void check_output(const TrainCommand& command);

}  // namespace rechub::cli
