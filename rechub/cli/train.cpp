#include <ATen/Parallel.h>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/training_run.h"

namespace rechub::cli {
namespace {

// An interruption that comes while data is read ends the command: there is no model yet that could be kept.
Dataset read_data(const TrainCommand& command, const WorkDirectory& work, const TrainHooks& hooks) {
  const InterruptionScope scope(hooks.is_interrupted);
  return open_or_prepare(command.data, command.prepare, work.path(), [](const std::string& line) { log_line(line); });
}

}  // namespace

nlohmann::json train_by_arguments(int argc, const char* const* argv, const TrainHooks& hooks) {
  TrainingRun run;
  if (!parse_training(argc, argv, run)) return {};
  const TrainCommand& command = run.command;
  check_output(command);

  at::set_num_threads(num_threads());
  const WorkDirectory work(command.out);
  nlohmann::json metrics;
  try {
    work.open(command.resume, command.overwrite);
    const Dataset dataset = read_data(command, work, hooks);
    const Split split = make_split(dataset, command.split, static_cast<uint64_t>(command.split_seed));
    choose_loss(run, dataset);
    metrics = train_bundle(run, dataset, split, work, hooks);
    if (!command.json.empty()) write_json(command.json, metrics);
  } catch (const Error&) {
    work.abandon();
    throw;
  } catch (const Interrupted&) {
    work.abandon();
    throw;
  }
  work.remove();
  log_info("bundle: {}", command.out);
  return metrics;
}

int run_train(int argc, const char* const* argv) {
  train_by_arguments(argc, argv, {});
  return 0;
}

}  // namespace rechub::cli
