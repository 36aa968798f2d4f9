#include "rechub/cli/commands.h"

#include <string>
#include <vector>

#include "bindings.h"
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <nlohmann/json.hpp>

#include "rechub/cli/training_run.h"

namespace nb = nanobind;

namespace rechub::python {
namespace {

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> result;
  for (const std::string& word : words) result.push_back(word.c_str());
  return result;
}

void run(const std::vector<std::string>& arguments) {
  const auto words = pointers(arguments);
  without_gil([&] { cli::run_command(static_cast<int>(words.size()), words.data()); });
}

// Ctrl-C ends training with the best weights so far; the bundle is written, and the metrics say "interrupted", also where it came too late to end anything. Raising
// KeyboardInterrupt is left to the caller, who takes the bundle first; it is raised here where data was still read.
std::string train(const std::vector<std::string>& arguments, const nb::object& on_epoch) {
  const auto words = pointers(arguments);
  bool should_stop = false;
  TrainHooks hooks;
  hooks.is_interrupted = [] { return Interrupt::is_pending(); };
  hooks.should_stop = [&] { return should_stop; };
  if (!on_epoch.is_none()) {
    hooks.on_epoch = [&](const EpochReport& report) { Interrupt::call([&] { should_stop = nb::cast<bool>(nb::bool_(on_epoch(cli::epoch_line(report).dump()))); }, true); };
  }
  nlohmann::json metrics;
  try {
    const Released released;
    metrics = cli::train_by_arguments(static_cast<int>(words.size()), words.data(), hooks);
  } catch (const Interrupted&) {  // there is no bundle
    Interrupt::raise_pending();
  }
  if (Interrupt::take_pending()) metrics["training"]["interrupted"] = true;
  return metrics.dump();
}

}  // namespace

void bind_commands(nb::module_& module) {
  module.def("run", run, nb::arg("arguments"), "A command of the program `rechub`, with the words that would follow its name.");
  module.def("train", train, nb::arg("arguments"), nb::arg("on_epoch").none() = nb::none(),
             "`rechub train` with these words; the metrics as JSON. on_epoch(line of metrics.jsonl) may return True to stop training there.");
}

}  // namespace rechub::python
