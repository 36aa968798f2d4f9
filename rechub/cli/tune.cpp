#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/json_options.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/base/progress.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/halving.h"
#include "rechub/cli/search_space.h"
#include "rechub/cli/setting.h"
#include "rechub/cli/study.h"
#include "rechub/cli/training_run.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;

struct TuneCommand {
  std::string data, model, out, split = "leave-one-out";
  std::vector<std::string> search;
  int64_t split_seed = 1, trials = 20, first_rung = 3, reduction = 3, search_seed = 1;
  TrainPlan plan;
  PrepareOptions prepare;
  std::vector<std::string> sets;  // what the user fixed
  nlohmann::json config;
};

bool parse(int argc, const char* const* argv, TuneCommand& command) {
  Arguments arguments(
      "tune",
      "Search a model's main settings: each trial is trained and judged on the validation cases, the weak ones are stopped early. Goes on where it stood when called again.");
  arguments.flag("data", command.data, "prepared data set, or a file or directory of interactions", Arguments::kRequired);
  arguments.flag("model", command.model, "name of the model; settings given here, as --set model.dim=64, are fixed and not searched", Arguments::kRequired);
  arguments.flag("out", command.out, "directory of the search: best.toml for train --config, trials.jsonl, study.json", Arguments::kRequired);
  arguments.flag("trials", command.trials, "settings to try in all; the first are the defaults");
  arguments.flag("search", command.search, "what to search instead of the main settings: SECTION.KEY=LOW:HIGH, SECTION.KEY=LOW:HIGH:log or SECTION.KEY=A|B|C");
  arguments.flag("search-seed", command.search_seed, "another seed tries other settings");
  arguments.flag("first-rung", command.first_rung, "epochs after which a trial is first compared with the others");
  arguments.flag("reduction", command.reduction, "one of so many trials goes on past a rung, and the next rung is so many times as far");
  arguments.flag("split", command.split, "leave-one-out, time:0.8,0.1,0.1, users:0.8,0.1,0.1 or sessions");
  arguments.flag("split-seed", command.split_seed, "of splits that draw users");
  add_plan(arguments, command.plan);
  arguments.section("prepare", command.prepare);
  if (!arguments.parse(argc, argv)) return false;
  const auto builder = find_trained(command.model).builder();
  arguments.late_section("model", *builder);
  if (!arguments.finish()) return false;
  command.plan.validate();
  check_preparation(arguments, command.data);
  command.sets = given_settings(arguments);
  command.config = arguments.merged();
  check(command.trials >= 1, ErrorKind::kUsage, "--trials must be 1 or more, got {}", command.trials);
  return true;
}

std::vector<SearchDimension> space_of(const TuneCommand& command) {
  std::vector<SearchDimension> space;
  for (const std::string& text : command.search) space.push_back(parse_dimension(text));
  if (space.empty()) space = main_dimensions(command.config);
  const auto is_fixed = [&](const SearchDimension& dimension) {
    return std::any_of(command.sets.begin(), command.sets.end(), [&](const std::string& set) { return set.rfind(dimension.setting + "=", 0) == 0; });
  };
  std::erase_if(space, is_fixed);
  check(!space.empty(), ErrorKind::kUsage, "there is nothing to search: every setting is fixed");
  return space;
}

nlohmann::json describe_study(const TuneCommand& command, const std::vector<SearchDimension>& space, const Dataset& dataset) {
  nlohmann::json dimensions = nlohmann::json::array();
  for (const SearchDimension& dimension : space) dimensions.push_back(dimension.to_json());
  return {{"model", command.model},
          {"data", dataset.manifest().at("files")},
          {"split", command.split},
          {"split_seed", command.split_seed},
          {"fixed", command.sets},
          {"space", dimensions},
          {"search_seed", command.search_seed},
          {"metric", command.plan.train.metric},
          {"epochs", command.plan.train.epochs},
          {"first_rung", command.first_rung},
          {"reduction", command.reduction}};
}

TrainingRun make_run(const TuneCommand& command, const Dataset& dataset, const std::string& out, const std::vector<std::string>& settings) {
  std::vector<std::string> sets = command.sets;
  sets.insert(sets.end(), settings.begin(), settings.end());
  return make_training(dataset.directory(), command.model, out, "", sets);
}

// Follows a trial from epoch to epoch and says when it is to stop.
class Watch {
 public:
  Watch(const TuneCommand& command, const Study& study, Trial& trial) : study_(study), trial_(trial), metric_(command.plan.train.metric), reduction_(command.reduction) {
    rungs_ = rungs_below(command.plan.train.epochs, command.first_rung, command.reduction);
  }

  // What a killed run had reported before its last checkpoint.
  void read(const std::string& metrics) {
    std::ifstream file(metrics);
    for (std::string line; std::getline(file, line);) {
      const nlohmann::json epoch = parse_json(line, metrics);
      if (epoch.contains(metric_)) see(epoch.at("epoch"), epoch.at(metric_));
    }
    is_stopped_ = false;
  }

  TrainHooks hooks() {
    TrainHooks hooks;
    hooks.on_epoch = [this](const EpochReport& report) {
      if (const auto found = report.metrics.find(metric_); found != report.metrics.end()) see(report.epoch, found->second);
    };
    hooks.should_stop = [this] { return is_stopped_; };
    return hooks;
  }

  bool is_stopped() const { return is_stopped_; }

 private:
  void see(int64_t epoch, double value) {
    best_ = std::max(best_, value);
    if (std::find(rungs_.begin(), rungs_.end(), epoch) == rungs_.end()) return;
    trial_.rungs[epoch] = best_;
    is_stopped_ = !goes_on(best_, study_.values_at(epoch), reduction_);
  }

  const Study& study_;
  Trial& trial_;
  std::string metric_;
  int64_t reduction_;
  std::vector<int64_t> rungs_;
  double best_ = -1;
  bool is_stopped_ = false;
};

Trial run_trial(const TuneCommand& command, const Study& study, const std::vector<SearchDimension>& space, const Dataset& dataset, const Split& split) {
  Trial trial;
  trial.number = static_cast<int64_t>(study.trials().size());
  trial.settings = trial_settings(space, trial.number, static_cast<uint64_t>(command.search_seed));
  log_info("trial {} of {}: {}", trial.number + 1, command.trials, trial.settings.empty() ? "the defaults" : fmt::format("{}", fmt::join(trial.settings, " ")));
  const WorkDirectory work(fmt::format("{}/trial-{}", command.out, trial.number));
  const double start = monotonic_seconds();
  try {
    TrainingRun run = make_run(command, dataset, fmt::format("{}/trial-{}", command.out, trial.number), trial.settings);
    choose_loss(run, dataset);
    run.command.resume = work.holds(run_identity(run, dataset));
    work.open(run.command.resume, true);
    Watch watch(command, study, trial);
    watch.read(work.metrics());
    const TrainResult result = train_model(run, dataset, split, work, watch.hooks()).result;
    trial.state = watch.is_stopped() ? "stopped" : "finished";
    trial.value = result.best_metric, trial.best_epoch = result.best_epoch, trial.epochs = result.epochs;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    log_warning("trial {} failed: {}", trial.number + 1, error.what());
    trial.state = "failed", trial.reason = error.what();
  }
  trial.seconds = monotonic_seconds() - start;
  work.remove();
  return trial;
}

std::string table_of(const Study& study, const std::string& metric, size_t limit) {
  std::string text = fmt::format("{:>5}  {:>10}  {:>6}  {:<8}  {:>7}  {}\n", "trial", metric, "epochs", "state", "time", "settings");
  const auto best = study.best_first();
  for (size_t i = 0; i < std::min(limit, best.size()); ++i) {
    const Trial& trial = *best[i];
    text += fmt::format("{:>5}  {:>10.4f}  {:>6}  {:<8}  {:>7}  {}\n", trial.number, trial.value, trial.epochs, trial.state, readable_seconds(trial.seconds),
                        trial.settings.empty() ? "the defaults" : fmt::format("{}", fmt::join(trial.settings, " ")));
  }
  return text;
}

// As `rechub train --config` reads it. What is the same in every run of train (data, out, what was printed) is left to the command line.
std::string config_text(const TuneCommand& command, const nlohmann::json& config, const std::string& heading) {
  std::string text = "# " + heading + "\n";
  const auto line = [](const std::string& key, const nlohmann::json& value) { return fmt::format("{} = {}\n", key, value.dump()); };
  text += "[train]\n" + line("model", command.model) + line("split", command.split) + line("split_seed", command.split_seed);
  for (const std::string section : kSettings) {
    text += fmt::format("\n[{}]\n", section);
    for (const auto& [key, value] : config.at(section).items()) text += line(key, value);
  }
  std::string prepare;
  const nlohmann::json defaults = options_to_json([](OptionVisitor& visitor) { PrepareOptions().describe(visitor); });
  for (const auto& [key, value] : command.config.at("prepare").items()) {
    if (value != defaults.at(key)) prepare += line(key, value);
  }
  return prepare.empty() ? text : text + "\n[prepare]\n" + prepare;
}

}  // namespace

int run_tune(int argc, const char* const* argv) {
  TuneCommand command;
  if (!parse(argc, argv, command)) return 0;
  at::set_num_threads(num_threads());
  const std::vector<SearchDimension> space = space_of(command);
  rungs_below(command.plan.train.epochs, command.first_rung, command.reduction);
  make_training("-", command.model, "-", "", trial_settings(space, 1, 1));  // a name or a value that does not fit is said before anything is read
  const Dataset dataset = open_or_prepare(command.data, command.prepare, command.out, [](const std::string& line) { log_line(line); });
  const Split split = make_split(dataset, command.split, static_cast<uint64_t>(command.split_seed));
  check(!split.valid.empty(), ErrorKind::kData, "there is nothing to search by: the split {} has no validation cases", split.protocol);

  Study study(command.out, describe_study(command, space, dataset));
  if (!study.trials().empty()) log_info("{} trials were made before", study.trials().size());
  while (static_cast<int64_t>(study.trials().size()) < command.trials) study.add(run_trial(command, study, space, dataset, split));

  const auto best = study.best_first();
  check(!best.empty(), ErrorKind::kData, "every trial failed; the first one: {}", study.trials().front().reason);
  const std::string& metric = command.plan.train.metric;
  print_result(table_of(study, metric, 10));
  const TrainingRun run = make_run(command, dataset, command.out + "/best", best.front()->settings);
  write_file(command.out + "/best.toml", config_text(command, run.config,
                                                     fmt::format("Trial {} of {}: {} {:.4f} on the validation cases, epoch {}.", best.front()->number, study.trials().size(),
                                                                 metric, best.front()->value, best.front()->best_epoch)));
  log_info("best settings: {0}/best.toml; rechub train --config {0}/best.toml --data {1} --out BUNDLE trains with them", command.out, command.data);
  return 0;
}

}  // namespace rechub::cli
