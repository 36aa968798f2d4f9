#include <algorithm>
#include <filesystem>
#include <list>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/comparison_report.h"
#include "rechub/cli/contestant.h"
#include "rechub/cli/training_run.h"
#include "rechub/eval/protocol.h"

namespace rechub::cli {
namespace {

namespace fs = std::filesystem;

struct CompareCommand {
  std::string data, out, configs, split = "leave-one-out", cases = "test";
  std::vector<std::string> models, baselines = {"all"};
  int64_t split_seed = 1, depth = 100;
  bool overwrite = false;
  TrainPlan plan;
  ModelOptions model;  // those every model has
  PrepareOptions prepare;
  std::vector<std::string> sets;  // what was given of the sections that training has, as --set takes it
};

std::vector<std::string> model_names(const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  if (asked == std::vector<std::string>{"all"}) {
    for (const ModelEntry& entry : model_entries()) names.emplace_back(entry.name);
    return names;
  }
  for (const std::string& name : asked) {
    find_trained(name);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::vector<const RecommenderEntry*> baseline_entries(const std::vector<std::string>& asked) {
  std::vector<const RecommenderEntry*> entries;
  if (asked == std::vector<std::string>{"none"}) return entries;
  for (const RecommenderEntry& entry : recommender_entries()) {
    if (asked == std::vector<std::string>{"all"}) entries.push_back(&entry);
  }
  if (!entries.empty()) return entries;
  for (const std::string& name : asked) entries.push_back(&named_recommender(name));
  return entries;
}

bool parse(int argc, const char* const* argv, CompareCommand& command) {
  command.plan.evaluation.k = {5, 10, 20, 50};
  Arguments arguments(
      "compare", "Train and judge several models on one data set, on the same cases, and write a page that shows how they differ. Models trained before are not trained again.");
  arguments.flag("data", command.data, "prepared data set, or a file or directory of interactions", Arguments::kRequired);
  arguments.flag("models", command.models, "names of models, or all", Arguments::kRequired);
  arguments.flag("out", command.out, "directory of the report: index.html, report.json, and a bundle of each model in models/", Arguments::kRequired);
  arguments.flag("baselines", command.baselines, "recommenders without training to judge beside them: names, all or none");
  arguments.flag("configs", command.configs, "directory of config files of train, NAME.toml for model NAME; what is given here goes before them");
  arguments.flag("split", command.split, "leave-one-out, time:0.8,0.1,0.1, users:0.8,0.1,0.1 or sessions");
  arguments.flag("split-seed", command.split_seed, "of splits that draw users");
  arguments.flag("cases", command.cases, "cases to judge: test or valid");
  arguments.flag("depth", command.depth, "length of the lists whose overlap and fusion are looked at");
  arguments.flag("overwrite", command.overwrite, "train models again whose bundles were made with other settings or data");
  add_plan(arguments, command.plan);
  arguments.section("model", command.model);
  arguments.section("prepare", command.prepare);
  if (!arguments.parse(argc, argv) || !arguments.finish()) return false;
  command.plan.validate();
  command.model.validate();
  check_preparation(arguments, command.data);
  command.sets = given_settings(arguments);
  return true;
}

Contest make_contest(const CompareCommand& command, const Dataset& dataset, const Split& split) {
  EvaluationOptions options = command.plan.evaluation;
  options.slices = options.beyond_accuracy = true;
  const int64_t cutoff = metric_cutoff(command.plan.train.metric);
  if (std::find(options.k.begin(), options.k.end(), cutoff) == options.k.end()) options.k.push_back(cutoff);
  std::sort(options.k.begin(), options.k.end());
  check(command.depth >= options.k.back(), ErrorKind::kUsage, "--depth {} is less than the largest cut-off of --k, {}", command.depth, options.k.back());
  return {dataset, split, command.cases, options, command.depth, command.plan.train.metric};
}

// Whether the bundle at `out` is what `run` would train. Throws kUsage where it is something else and may not be replaced.
bool is_trained(const TrainingRun& run, const Dataset& dataset, bool overwrite) {
  const std::string& out = run.command.out;
  if (!fs::exists(out + "/manifest.json")) return false;
  const Bundle bundle = Bundle::open(out, /*verify_bytes=*/false);  // who judges it reads every byte
  const std::string changes = run_changes(training_identity(bundle.config().run, bundle.dataset()), training_identity(run.config, dataset));
  if (changes.empty()) return true;
  check(overwrite, ErrorKind::kUsage, "{} holds a model trained with other settings ({}): choose another --out, or add --overwrite to train it again", out, changes);
  return false;
}

// The bundle of a model, trained now unless it was before.
std::string train_or_take(const CompareCommand& command, const std::string& name, const Dataset& dataset, const Split& split) {
  const std::string out = command.out + "/models/" + name, config = command.configs.empty() ? "" : fmt::format("{}/{}.toml", command.configs, name);
  TrainingRun run = make_training(dataset.directory(), name, out, fs::exists(config) ? config : "", command.sets);
  run.command.split = command.split;
  run.command.split_seed = command.split_seed;
  run.config["train"]["split"] = command.split;
  run.config["train"]["split_seed"] = command.split_seed;
  choose_loss(run, dataset);
  if (is_trained(run, dataset, command.overwrite)) {
    log_info("{}: trained before", name);
    return out;
  }
  run.command.overwrite = command.overwrite;
  const WorkDirectory work(out);
  run.command.resume = work.holds(run_identity(run, dataset));  // a killed run of the same settings goes on where it stood
  work.open(run.command.resume, true);
  train_bundle(run, dataset, split, work);
  work.remove();
  return out;
}

// Judges all that can be; what cannot is named with its reason in `left_out`.
std::list<Contestant> judge_all(const CompareCommand& command, const std::vector<std::string>& names, const std::vector<const RecommenderEntry*>& baselines, const Contest& contest,
                                nlohmann::json& left_out) {
  std::list<Contestant> contestants;
  const auto attempt = [&](const std::string& name, const auto& judge) {
    try {
      contestants.push_back(judge());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInternal) throw;
      log_warning("{} is left out: {}", name, error.what());
      left_out.push_back({{"name", name}, {"reason", error.what()}});
    }
  };
  for (const std::string& name : names) {
    attempt(name, [&] { return judge_bundle(contest, train_or_take(command, name, contest.dataset, contest.split)); });
  }
  const int64_t max_bytes = command.prepare.max_ram.empty() ? physical_memory_bytes() : parse_bytes(command.prepare.max_ram, "max_ram");
  for (const RecommenderEntry* entry : baselines) {
    attempt(entry->name, [&] { return judge_recommender(contest, *entry, max_bytes); });
  }
  return contestants;
}

std::string table_of(const std::list<Contestant>& contestants, const std::string& metric) {
  std::vector<NamedEvaluation> rows;
  for (const Contestant& contestant : contestants) rows.push_back({contestant.name, &contestant.evaluation});
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return a.evaluation->metrics.at(metric) > b.evaluation->metrics.at(metric); });
  const std::string k = std::to_string(metric_cutoff(metric));
  std::vector<std::string> columns = {"Hit@" + k, "Recall@" + k, "NDCG@" + k, "Coverage@" + k};
  if (std::find(columns.begin(), columns.end(), metric) == columns.end()) columns.insert(columns.begin(), metric);
  return comparison_table(rows, columns);
}

}  // namespace

int run_compare(int argc, const char* const* argv) {
  CompareCommand command;
  if (!parse(argc, argv, command)) return 0;
  const std::vector<std::string> names = model_names(command.models);
  const auto baselines = baseline_entries(command.baselines);
  at::set_num_threads(num_threads());
  std::error_code failed;
  fs::create_directories(command.out + "/models", failed);
  check(!failed, ErrorKind::kData, "{}: could not be made: {}", command.out, failed.message());

  const Dataset dataset = open_or_prepare(command.data, command.prepare, command.out, [](const std::string& line) { log_line(line); });
  const Split split = make_split(dataset, command.split, static_cast<uint64_t>(command.split_seed));
  const Contest contest = make_contest(command, dataset, split);
  nlohmann::json left_out = nlohmann::json::array();
  const std::list<Contestant> contestants = judge_all(command, names, baselines, contest, left_out);
  check(!contestants.empty(), ErrorKind::kData, "nothing could be judged; the first reason: {}", left_out.empty() ? "" : left_out[0]["reason"].get<std::string>());
  print_result(table_of(contestants, contest.metric));

  nlohmann::json report = comparison_report(contest, contestants, left_out);
  report["version"] = RECHUB_VERSION;
  report["data"]["path"] = command.data;
  write_json(command.out + "/report.json", report);
  write_file(command.out + "/index.html", comparison_page(report));
  log_info("report: {}/index.html", command.out);
  return 0;
}

}  // namespace rechub::cli
