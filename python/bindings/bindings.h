#pragma once

#include <functional>
#include <optional>

#include <nanobind/nanobind.h>

#include "rechub/base/interruption.h"

namespace rechub::python {

// The parts of rechub._engine, one file each.
void bind_bundle(nanobind::module_& module);
void bind_callbacks(nanobind::module_& module);
void bind_commands(nanobind::module_& module);
void bind_memory_table(nanobind::module_& module);
void bind_matching_data(nanobind::module_& module);
void bind_matching_models(nanobind::module_& module);
void bind_matching_trainer(nanobind::module_& module);

// Runs a piece of the engine without the GIL. Ctrl-C ends it at the next batch, and is raised at its end where no batch followed, whatever it returned; where something may be lost
// by that (a trained model), the caller does without this.
template <class Call>
auto without_gil(Call&& call);

// Ctrl-C and what Python's callbacks raise while the engine works, of the calling thread.
class Interrupt {
 public:
  // Whether a KeyboardInterrupt waits to be raised. Asks Python at most ten times a second, and takes the GIL for it.
  static bool is_pending();
  // Calls Python with the GIL. A KeyboardInterrupt in it becomes pending; other errors pass if `may_throw`, else Python reports them as unraisable.
  static void call(const std::function<void()>& python, bool may_throw);
  // Whether one waits, which its caller then has to raise: nothing is pending any more. Signals that Python has not yet looked at count, too. With the GIL.
  static bool take_pending();
  static void raise_pending();  // raises one that waits; with the GIL
};

// No anomaly detection of PyTorch while one lives: with it every operation asks Python where it was called, which takes time and turns Ctrl-C into an error of PyTorch's. It holds
// for the process, and RecBole switches it on. Made and destroyed with the GIL.
class AnomalyPause {
 public:
  AnomalyPause();
  ~AnomalyPause();
  AnomalyPause(const AnomalyPause&) = delete;
  AnomalyPause& operator=(const AnomalyPause&) = delete;
};

// The engine works and Python does not wait for it.
class Released {
  AnomalyPause pause_;
  nanobind::gil_scoped_release released_;
};

template <class Call>
auto without_gil(Call&& call) {
  using Result = decltype(call());
  const auto run = [](const auto& piece) {
    try {
      const Released released;
      const InterruptionScope scope(Interrupt::is_pending);
      piece();
    } catch (const Interrupted&) {  // what it heard still waits
    }
    Interrupt::raise_pending();
  };
  if constexpr (std::is_void_v<Result>) {
    run(call);
  } else {
    std::optional<Result> result;
    run([&] { result.emplace(call()); });
    return std::move(*result);
  }
}

}  // namespace rechub::python
