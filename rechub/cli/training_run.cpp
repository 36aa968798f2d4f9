#include "rechub/cli/training_run.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/checksum.h"
#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/base/progress.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/cli/seen_flags.h"
#include "rechub/data/dataset_checks.h"
#include "rechub/data/manifest.h"
#include "rechub/eval/protocol.h"
#include "rechub/eval/recommender.h"
#include "rechub/train/plan_checks.h"
#include "rechub/train/tensorboard_writer.h"
#include "rechub/train/training_memory.h"
#include "rechub/train/warm_start.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;

// Shows and records the course of training.
class Course {
 public:
  // Of the whole run, whose epochs `plan` makes up.
  Course(const TrainCommand& command, const WorkDirectory& work, const BatchPlan& plan, const TrainHooks& asked)
      : command_(command), work_(work), asked_(asked), steps_per_epoch_(plan.num_batches()), events_per_epoch_(plan.num_targets()), tensorboard_(work.path()) {}

  TrainHooks hooks() {
    TrainHooks hooks = asked_;
    const std::string& max_ram = command_.prepare.max_ram;
    const int64_t limit = max_ram.empty() ? 0 : parse_bytes(max_ram, "max_ram");
    hooks.on_step = [this, limit](int64_t step, int64_t total_steps, double loss) {
      if (limit > 0) TrainingMemory::check_now(limit);
      if (!progress_) progress_ = std::make_unique<Progress>("training", events_until(total_steps), "events", events_until(step - 1));
      if (progress_->is_due()) progress_->update(events_until(step), fmt::format("epoch {} loss {:.4f} {}", (step - 1) / steps_per_epoch_ + 1, loss, last_metric_));
    };
    hooks.on_epoch = [this](const EpochReport& report) {
      work_.add_epoch(epoch_line(report));
      if (asked_.on_epoch) asked_.on_epoch(report);
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
  const TrainHooks& asked_;
  int64_t steps_per_epoch_, events_per_epoch_;
  TensorboardWriter tensorboard_;
  std::unique_ptr<Progress> progress_;
  std::string last_metric_;
};

// What preparation found in the events, but for what histories of other lengths than the model's truncate, and what is found before training.
void print_checks(const Dataset& dataset, const std::vector<DatasetCheck>& before_training) {
  std::vector<DatasetCheck> checks = checks_from_json(dataset.manifest());
  std::erase_if(checks, [](const DatasetCheck& check) { return check.name.starts_with("truncated_"); });
  checks.insert(checks.end(), before_training.begin(), before_training.end());
  for (const std::string& line : check_lines(checks)) log_line("  " + line);
}

// Says how the memory is planned where --max-ram limits it, and throws kData where it will not do; without it, kUsage for negatives beyond all memory.
void check_memory(const TrainCommand& command, const Dataset& dataset, const Split& split, const BuiltModel& built) {
  if (command.prepare.max_ram.empty() && sampler_in_use(command.plan) == "none") return;
  const HistoryRule rule = history_rule(command.plan.train, *built.model);
  const TrainingMemory memory(dataset, split, training_windows(dataset, split, rule, built.model->is_causal()), *built.model, *built.parameters, command.plan);
  if (command.prepare.max_ram.empty()) return memory.check_negatives();
  const int64_t limit = parse_bytes(command.prepare.max_ram, "max_ram");
  log_line(memory.text(limit));
  memory.check_plan(limit);
}

// A flag that nothing reads is a misunderstanding; one of a config file may be meant for other models.
void warn_of_unread(const TrainingRun& run, int64_t vectors_per_user) {
  for (const UnreadSetting& setting : unread_settings(run.command.plan, vectors_per_user)) {
    if (setting.key == std::string("training.reduction") && run.command.plan.train.reduction == run.entry->reduction)
      continue;  // a model's own, as a bundle that was loaded has it
    if (std::find(run.given.begin(), run.given.end(), setting.key) != run.given.end()) log_warning("{} changes nothing here: {}", setting.key, setting.reason);
  }
}

void add_metric_cutoff(TrainPlan& plan) {
  const int64_t k = metric_cutoff(plan.train.metric);
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
    if (std::string(which) == "test" || split.test.empty()) print_result(evaluation_table(evaluation));
  }
  return metrics;
}

// A value as --set takes it: a text as it is, a list with commas.
std::string setting_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const nlohmann::json& element : value) text += (text.empty() ? "" : ",") + setting_text(element);
  return text;
}

// What a run takes over from the bundle that it goes on from: how it was trained, and the model's options where it is the same model.
nlohmann::json inherited_settings(const BundleConfig& source, const std::string& model) {
  nlohmann::json settings = nlohmann::json::object();
  for (const char* section : {"training", "optimizer", "loss", "sampler", "contrastive"}) {
    if (source.run.contains(section)) settings[section] = source.run.at(section);
  }
  settings["model"] = source.model == model ? source.model_options : nlohmann::json::object();
  if (source.model != model) {
    for (const char* of_the_model : {"loss", "sampler", "reduction"}) settings["training"].erase(of_the_model);
    if (settings.contains("sampler")) settings["sampler"].erase("hard_negatives");
  }
  return settings;
}

}  // namespace

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

void add_plan(Arguments& arguments, TrainPlan& plan) {
  arguments.section("training", plan.train);
  arguments.section("optimizer", plan.optimizer);
  arguments.section("loss", plan.loss);
  arguments.section("sampler", plan.sampler);
  arguments.section("contrastive", plan.contrastive);
  arguments.section("evaluation", plan.evaluation);
}

bool parse_training(int argc, const char* const* argv, TrainingRun& run) {
  TrainCommand& command = run.command;
  SeenFlags seen;
  Arguments arguments("train", "Train a model on an interaction log or a prepared data set, judge it and write a bundle.");
  arguments.flag("data", command.data, "prepared data set, or a file or directory of interactions", Arguments::kRequired);
  arguments.flag("model", command.model,
                 model_names() + "; its options are --set model.NAME=VALUE or [model] in the config file, and rechub info --models lists them (required without init-from)");
  arguments.flag("out", command.out, "directory of the bundle", Arguments::kRequired);
  arguments.flag("split", command.split, "leave-one-out, time:0.8,0.1,0.1, users:0.8,0.1,0.1 or sessions");
  arguments.flag("init-from", command.init_from, "go on from this bundle with new data: weights move by name, rows by id; model and settings are the bundle's unless given");
  arguments.flag("other-ids", command.other_ids,
                 "users and items of this data are others than those of init-from, though their ids may look alike: they all begin as new ones, and features carry over");
  arguments.flag("freeze", command.freeze, "names of parameters that stay as they are, with * and ?, as item.*; rechub info BUNDLE --json lists them");
  arguments.flag("split-seed", command.split_seed, "of splits that draw users");
  arguments.flag("device", command.device, "cpu, or auto: the best there is, which is the cpu in this build");
  arguments.flag("resume", command.resume, "go on from the newest checkpoint of an unfinished run with the same --out");
  arguments.flag("overwrite", command.overwrite, "replace a bundle at --out");
  arguments.flag("json", command.json, "also write the metrics to this file");
  seen.add_to(arguments);
  add_plan(arguments, command.plan);
  arguments.section("prepare", command.prepare);
  if (!arguments.parse(argc, argv)) return false;
  std::optional<BundleConfig> source;
  if (!command.init_from.empty()) source = Bundle::read_config(command.init_from);
  if (source && command.model.empty()) command.model = source->model;
  check(!command.model.empty(), ErrorKind::kUsage, "--model is missing: {}; see rechub train --help", model_names());
  run.entry = &find_trained(command.model);
  run.builder = run.entry->builder();
  arguments.late_section("model", *run.builder);
  if (source) arguments.fallback(inherited_settings(*source, command.model), command.init_from);
  if (!arguments.finish()) return false;
  check(command.device == "cpu" || command.device == "auto", ErrorKind::kUsage, "device '{}': this build runs on the cpu only", command.device);
  seen.apply(command.plan.evaluation.seen);
  add_metric_cutoff(command.plan);
  command.plan.validate();
  run.builder->validate();
  check_preparation(arguments, command.data);
  run.config = arguments.merged();
  for (const std::string section : kSettings) {
    for (const std::string& key : arguments.on_command_line(section)) run.given.push_back(section + "." + key);
  }
  return true;
}

TrainingRun make_training(const std::string& data, const std::string& model, const std::string& out, const std::string& config, const std::vector<std::string>& sets) {
  std::vector<std::string> words = {"train", "--data", data, "--model", model, "--out", out, "--threads", std::to_string(num_threads())};
  if (is_quiet()) words.push_back("--quiet");
  if (!config.empty()) words.insert(words.end(), {"--config", config});
  for (const std::string& set : sets) words.insert(words.end(), {"--set", set});
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  TrainingRun run;
  parse_training(static_cast<int>(argv.size()), argv.data(), run);
  run.given.clear();  // what several models are given need not be of each
  return run;
}

std::vector<std::string> given_settings(const Arguments& arguments) {
  std::vector<std::string> sets;
  const nlohmann::json merged = arguments.merged();
  for (const std::string section : kSettings) {
    if (!merged.contains(section)) continue;
    for (const auto& [key, value] : merged.at(section).items()) {
      if (arguments.given(fmt::format("{}.{}", section, key))) sets.push_back(fmt::format("{}.{}={}", section, key, setting_text(value)));
    }
  }
  return sets;
}

nlohmann::json training_identity(const nlohmann::json& config, const Dataset& dataset) {
  nlohmann::json identity = config;
  for (const char* key : {"data", "out", "json", "resume", "overwrite", "threads"}) identity["train"].erase(key);
  for (const char* key : {"num_workers", "checkpoint_minutes", "checkpoint_steps"}) identity["training"].erase(key);
  identity.erase("prepare");
  identity.erase("evaluation");
  const std::string files = dataset.manifest().at("files").dump();
  identity["data"] = checksum_bytes(std::as_bytes(std::span(files)));
  return identity;
}

nlohmann::json run_identity(const TrainingRun& run, const Dataset& dataset) {
  nlohmann::json identity = training_identity(run.config, dataset);
  identity["training"].erase("patience");
  if (run.command.plan.optimizer.schedule == "constant") identity["training"].erase("epochs");  // other schedules end with the last epoch
  return identity;
}

void check_preparation(const Arguments& arguments, const std::string& data) {
  if (!fs::exists(data + "/manifest.json")) return;
  for (const std::string& key : arguments.on_command_line("prepare")) {
    check(key == "max_ram", ErrorKind::kUsage, "{} is prepared already, so prepare.{} changes nothing: leave it out, or give the files it was prepared from", data, key);
  }
}

const ModelEntry& find_trained(const std::string& name) {
  check(find_recommender(name) == nullptr, ErrorKind::kUsage,
        "{0} needs no training: judge it by rechub evaluate BUNDLE --baselines {0}, or beside models by rechub compare --baselines {0}", name);
  return find_model(name);
}

int64_t metric_cutoff(const std::string& metric) {
  const size_t at = metric.find('@');
  const std::string digits = at == std::string::npos ? "" : metric.substr(at + 1);
  check(!digits.empty() && digits.size() < 7 && digits.find_first_not_of("0123456789") == std::string::npos, ErrorKind::kUsage, "metric '{}': expected NAME@K, as NDCG@10", metric);
  return std::stoll(digits);
}

void choose_loss(TrainingRun& run, const Dataset& dataset) {
  TrainOptions& options = run.command.plan.train;
  const nlohmann::json model = options_to_json([&](OptionVisitor& visitor) { run.builder->describe(visitor); });
  const bool is_asked = !options.loss.empty();
  options.loss = chosen_loss(options, run.entry->loss, dataset.num_items(), model.at("dim"));
  options.sampler = chosen_sampler(options, *run.entry, options.loss);
  if (options.reduction.empty()) options.reduction = run.entry->reduction;
  run.config["training"].update({{"loss", options.loss}, {"sampler", options.sampler}, {"reduction", options.reduction}});
  if (!is_asked && options.loss != run.entry->loss) {
    run.loss_note = fmt::format("loss {} instead of {}: the catalogue is large ({} items)", options.loss, run.entry->loss, dataset.num_items());
  }
}

TrainedModel train_model(TrainingRun& run, const Dataset& dataset, const Split& split, const WorkDirectory& work, const TrainHooks& hooks) {
  TrainCommand& command = run.command;
  const ModelEntry& entry = *run.entry;
  TrainedModel trained{build_model(*run.builder, make_schema(dataset), fit_feature_statistics(dataset, split), static_cast<uint64_t>(command.plan.train.seed)), {}};
  const BuiltModel& built = trained.built;
  if (!run.loss_note.empty()) log_info("{}", run.loss_note);
  warn_of_unread(run, built.model->vectors_per_user());
  check_histories(entry, dataset, split, history_rule(command.plan.train, *built.model));
  work.hold(run_identity(run, dataset));
  std::vector<std::string> carried_over;
  if (!command.init_from.empty()) {
    const Bundle source = Bundle::open(command.init_from);
    carried_over = start_from(source.parameters(), source.dataset(), dataset, split, *built.parameters, command.other_ids);
  }
  freeze(command.freeze, *built.parameters);
  log_info("{}: {} on {} users, {} items, {} training events; loss {}; {} parameters; {} threads", entry.name, entry.paper, dataset.num_users(), dataset.num_items(),
           split.num_train_events, command.plan.train.loss, readable_count(static_cast<double>(built.parameters->num_values())), num_threads());

  for (const std::string& sentence : carried_over) log_line("  " + sentence);
  print_checks(dataset, check_training(dataset, split, built.model->options().max_length, command.plan.train.first_events));
  check_memory(command, dataset, split, built);
  Course course(command, work, *make_batch_plan(dataset, split, *built.model, command.plan.train), hooks);
  const double start = monotonic_seconds();
  trained.result = train(dataset, split, *built.model, *built.parameters, command.plan, work.checkpoints(), command.resume, course.hooks());
  course.finish();
  const TrainResult& result = trained.result;
  log_info("{} epochs in {}{}; best: epoch {}, {} {:.4f}", result.epochs, readable_seconds(monotonic_seconds() - start),
           result.interrupted     ? ", interrupted"
           : result.stopped_early ? ", stopped early"
                                  : "",
           result.best_epoch, command.plan.train.metric, result.best_metric);
  if (built.model->options().learn_temperature) log_info("temperature {:.4f}, from {:.4f}", built.model->temperature(), built.model->options().temperature);
  return trained;
}

nlohmann::json train_bundle(TrainingRun& run, const Dataset& dataset, const Split& split, const WorkDirectory& work, const TrainHooks& hooks) {
  const TrainCommand& command = run.command;
  const auto [built, result] = train_model(run, dataset, split, work, hooks);
  nlohmann::json metrics = judge(dataset, split, built, command.plan.evaluation);
  metrics["training"] = {{"epochs", result.epochs},
                         {"best_epoch", result.best_epoch},
                         {"best_metric", result.best_metric},
                         {"metric", command.plan.train.metric},
                         {"parameters", built.parameters->num_values()},
                         {"interrupted", result.interrupted}};

  AtomicDirectory bundle(command.out, command.overwrite ? AtomicDirectory::kReplace : AtomicDirectory::kRefuse);
  work.copy_records(bundle.temporary_path());
  BundleConfig config;
  config.model = run.entry->name;
  config.model_options = options_to_json([&](OptionVisitor& visitor) { run.builder->describe(visitor); });
  config.split = command.split;
  config.split_seed = static_cast<uint64_t>(command.split_seed);
  config.run = run.config;
  write_bundle(bundle.temporary_path(), config, dataset, split, *built.model, *built.parameters, metrics);
  bundle.commit();
  return metrics;
}

void check_output(const TrainCommand& command) {
  if (!fs::exists(command.out) || (fs::is_directory(command.out) && fs::is_empty(command.out))) return;
  check(command.overwrite, ErrorKind::kUsage, "{} is there already and not empty: choose another --out, or add --overwrite to replace the bundle in it", command.out);
  check(has_manifest(command.out, kBundleFormat), ErrorKind::kUsage, "{} is not a bundle, so --overwrite does not replace it", command.out);
}

}  // namespace rechub::cli
