#include <filesystem>
#include <fstream>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/json_options.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/base/progress.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/file_manifest.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/data/dataset_checks.h"
#include "rechub/data/prepare.h"
#include "rechub/eval/protocol.h"
#include "rechub/train/tensorboard_writer.h"
#include "rechub/train/trainer.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;

struct TrainCommand {
  std::string data, model, out, split = "leave-one-out", device = "cpu", json;
  int64_t split_seed = 1;
  bool resume = false, overwrite = false;
  TrainPlan plan;
  PrepareOptions prepare;
};

// What a run writes before its bundle stands: checkpoints, metrics, event files, data prepared on the fly. Goes into the bundle or away when the run ends.
class WorkDirectory {
 public:
  explicit WorkDirectory(const std::string& out) : path_(fs::path(out).lexically_normal().string() + ".training") {}
  std::string path() const { return path_; }
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  std::string metrics() const { return path_ + "/metrics.jsonl"; }

  void open(bool resume) const {
    if (!resume) fs::remove_all(path_);
    if (resume && !fs::exists(checkpoints())) log_info("there is no checkpoint in {}: training starts anew", path_);
    std::error_code failed;
    fs::create_directories(path_, failed);
    check(!failed, ErrorKind::kData, "{}: could not be made: {}", path_, failed.message());
  }

  // Adds an epoch's line; lines of this and later epochs, which a resumed run goes through again, are replaced.
  void add_epoch(const nlohmann::json& line) const {
    std::string text;
    std::ifstream old(metrics());
    for (std::string row; std::getline(old, row);) {
      if (parse_json(row, metrics()).at("epoch") < line.at("epoch")) text += row + "\n";
    }
    write_file(metrics(), text + line.dump() + "\n");
  }

  void move_records(const std::string& bundle) const {
    for (const auto& entry : fs::directory_iterator(path_)) {
      const std::string name = entry.path().filename().string();
      if (name == "metrics.jsonl" || name.rfind("events.", 0) == 0) fs::copy_file(entry.path(), fs::path(bundle) / name);
    }
  }

  void remove() const { fs::remove_all(path_); }

 private:
  std::string path_;
};

nlohmann::json epoch_line(const EpochReport& report) {
  nlohmann::json line = {{"epoch", report.epoch},
                         {"train_loss", report.train_loss},
                         {"seconds", report.seconds},
                         {"events_per_second", report.events_per_second},
                         {"learning_rate", report.learning_rate},
                         {"evaluation_seconds", report.evaluation_seconds}};
  for (const auto& [name, value] : report.metrics) line[name] = value;
  return line;
}

// Shows and records the course of training.
class Course {
 public:
  // Of the whole run, whose epochs `plan` makes up.
  Course(const TrainCommand& command, const WorkDirectory& work, const BatchPlan& plan)
      : command_(command), work_(work), steps_per_epoch_(plan.num_batches()), events_per_epoch_(plan.num_targets()), tensorboard_(work.path()) {}

  TrainHooks hooks() {
    TrainHooks hooks;
    hooks.on_step = [this](int64_t step, int64_t total_steps, double loss) {
      if (!progress_) progress_ = std::make_unique<Progress>("training", events_until(total_steps), "events", events_until(step - 1));
      if (progress_->is_due()) progress_->update(events_until(step), fmt::format("epoch {} loss {:.4f} {}", (step - 1) / steps_per_epoch_ + 1, loss, last_metric_));
    };
    hooks.on_epoch = [this](const EpochReport& report) {
      work_.add_epoch(epoch_line(report));
      tensorboard_.scalar("train/loss", report.epoch, report.train_loss);
      tensorboard_.scalar("train/events_per_second", report.epoch, report.events_per_second);
      tensorboard_.scalar("train/learning_rate", report.epoch, report.learning_rate);
      for (const auto& [name, value] : report.metrics) tensorboard_.scalar("valid/" + name, report.epoch, value);
      const auto metric = report.metrics.find(command_.plan.train.metric);
      if (metric != report.metrics.end()) last_metric_ = fmt::format("{} {:.4f}{}", metric->first, metric->second, report.is_best ? " (best)" : "");
      log_info("epoch {}: loss {:.4f}, {:.1f} s, {}/s{}{}", report.epoch, report.train_loss, report.seconds, readable_count(report.events_per_second),
               metric != report.metrics.end() ? ", valid " : "", metric != report.metrics.end() ? last_metric_ : "");
    };
    return hooks;
  }

  void finish() { progress_.reset(); }

 private:
  // Steps differ a little in their number of targets; their mean is exact at the end of an epoch.
  int64_t events_until(int64_t step) const { return step * events_per_epoch_ / steps_per_epoch_; }

  const TrainCommand& command_;
  const WorkDirectory& work_;
  int64_t steps_per_epoch_, events_per_epoch_;
  TensorboardWriter tensorboard_;
  std::unique_ptr<Progress> progress_;
  std::string last_metric_;
};

void check_output(const TrainCommand& command) {
  if (!fs::exists(command.out) || (fs::is_directory(command.out) && fs::is_empty(command.out))) return;
  check(command.overwrite, ErrorKind::kUsage, "{} is there already and not empty: choose another --out, or add --overwrite to replace the bundle in it", command.out);
  try {
    check_manifest(command.out, "rechub-bundle", 1, false);
  } catch (const Error&) {
    fail(ErrorKind::kUsage, "{} is not a bundle, so --overwrite does not replace it", command.out);
  }
}

void add_metric_cutoff(TrainPlan& plan) {
  const size_t at = plan.train.metric.find('@');
  const std::string digits = at == std::string::npos ? "" : plan.train.metric.substr(at + 1);
  check(!digits.empty() && digits.size() < 7 && digits.find_first_not_of("0123456789") == std::string::npos, ErrorKind::kUsage, "metric '{}': expected NAME@K, as NDCG@10",
        plan.train.metric);
  const int64_t k = std::stoll(digits);
  if (std::find(plan.evaluation.k.begin(), plan.evaluation.k.end(), k) == plan.evaluation.k.end()) plan.evaluation.k.push_back(k);
}

nlohmann::json judge(const Dataset& dataset, const Split& split, const BuiltModel& built, const EvaluationOptions& options) {
  const VectorEncoder encoder(dataset, *built.model, *built.parameters);
  const at::Tensor items = encoder.item_vectors();
  const CaseRanker ranker = rank_by_vectors(encoder, items);
  nlohmann::json metrics = nlohmann::json::object();
  for (const char* which : {"valid", "test"}) {
    if ((std::string(which) == "valid" ? split.valid : split.test).empty()) continue;
    const Evaluation evaluation = evaluate(dataset, split, which, ranker, options, {items.const_data_ptr<float>(), static_cast<size_t>(items.numel())});
    metrics[which] = evaluation.to_json();
    if (std::string(which) == "test" || split.test.empty()) fmt::print("{}", evaluation_table(evaluation));
  }
  return metrics;
}

}  // namespace

int run_train(int argc, const char* const* argv) {
  TrainCommand command;
  Arguments arguments("train", "Train a model on an interaction log or a prepared data set, judge it and write a bundle.");
  arguments.flag("data", command.data, "prepared data set, or a file or directory of interactions", Arguments::kRequired);
  arguments.flag("model", command.model, model_names() + "; its options are --set model.NAME=VALUE or [model] in the config file", Arguments::kRequired);
  arguments.flag("out", command.out, "directory of the bundle", Arguments::kRequired);
  arguments.flag("split", command.split, "leave-one-out, time:0.8,0.1,0.1, users:0.8,0.1,0.1 or sessions");
  arguments.flag("split-seed", command.split_seed, "of splits that draw users");
  arguments.flag("device", command.device, "cpu");
  arguments.flag("resume", command.resume, "go on from the newest checkpoint of an unfinished run with the same --out");
  arguments.flag("overwrite", command.overwrite, "replace a bundle at --out");
  arguments.flag("json", command.json, "also write the metrics to this file");
  arguments.section("training", command.plan.train);
  arguments.section("optimizer", command.plan.optimizer);
  arguments.section("sampler", command.plan.sampler);
  arguments.section("evaluation", command.plan.evaluation);
  arguments.section("prepare", command.prepare);
  if (!arguments.parse(argc, argv)) return 0;
  const ModelEntry& entry = find_model(command.model);
  const auto builder = entry.builder();
  arguments.late_section("model", *builder);
  if (!arguments.finish()) return 0;
  check(command.device == "cpu", ErrorKind::kUsage, "device '{}': this build runs on the cpu only", command.device);
  add_metric_cutoff(command.plan);
  check_output(command);

  at::set_num_threads(num_threads());
  const WorkDirectory work(command.out);
  work.open(command.resume);
  const Dataset dataset = open_or_prepare(command.data, command.prepare, work.path(), [](const std::string& line) { log_line(line); });
  const Split split = make_split(dataset, command.split, static_cast<uint64_t>(command.split_seed));
  const BuiltModel built = build_model(*builder, make_schema(dataset), fit_feature_statistics(dataset, split), static_cast<uint64_t>(command.plan.train.seed));
  const std::string asked_loss = command.plan.train.loss;
  command.plan.train.loss = chosen_loss(command.plan.train, entry.loss, dataset.num_items(), built.model->options().dim);
  if (command.plan.train.reduction.empty()) command.plan.train.reduction = entry.reduction;
  log_info("{}: {} on {} users, {} items, {} training events; loss {}; {} parameters; {} threads", entry.name, entry.paper, dataset.num_users(), dataset.num_items(),
           split.num_train_events, command.plan.train.loss, readable_count(static_cast<double>(built.parameters->num_values())), num_threads());
  if (asked_loss.empty() && command.plan.train.loss != entry.loss)
    log_info("loss {} instead of {}: the catalogue is large ({} items)", command.plan.train.loss, entry.loss, dataset.num_items());

  for (const DatasetCheck& check : check_training(dataset, split, built.model->options().max_length)) log_line("  " + check.sentence);
  Course course(command, work, *make_batch_plan(dataset, split, *built.model, command.plan.train));
  const double start = monotonic_seconds();
  const TrainResult result = train(dataset, split, *built.model, *built.parameters, command.plan, work.checkpoints(), command.resume, course.hooks());
  course.finish();
  log_info("{} epochs in {}{}; best: epoch {}, {} {:.4f}", result.epochs, readable_seconds(monotonic_seconds() - start), result.stopped_early ? ", stopped early" : "",
           result.best_epoch, command.plan.train.metric, result.best_metric);
  nlohmann::json metrics = judge(dataset, split, built, command.plan.evaluation);
  metrics["training"] = {{"epochs", result.epochs}, {"best_epoch", result.best_epoch}, {"best_metric", result.best_metric}, {"metric", command.plan.train.metric}};

  AtomicDirectory bundle(command.out, command.overwrite ? AtomicDirectory::kReplace : AtomicDirectory::kRefuse);
  work.move_records(bundle.temporary_path());
  BundleConfig config;
  config.model = entry.name;
  config.model_options = options_to_json([&](OptionVisitor& visitor) { builder->describe(visitor); });
  config.split = command.split;
  config.split_seed = static_cast<uint64_t>(command.split_seed);
  config.run = arguments.merged();
  write_bundle(bundle.temporary_path(), config, dataset, split, *built.model, *built.parameters, metrics);
  bundle.commit();
  if (!command.json.empty()) write_json(command.json, metrics);
  work.remove();
  log_info("bundle: {}", command.out);
  return 0;
}

}  // namespace rechub::cli
