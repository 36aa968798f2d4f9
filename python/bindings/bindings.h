#pragma once

#include <functional>
#include <optional>

#include <nanobind/nanobind.h>

namespace rechub::python {

// The parts of rechub._engine, one file each.
void bind_bundle(nanobind::module_& module);
void bind_callbacks(nanobind::module_& module);
void bind_commands(nanobind::module_& module);
void bind_memory_table(nanobind::module_& module);
void bind_matching_data(nanobind::module_& module);
void bind_matching_models(nanobind::module_& module);
void bind_matching_trainer(nanobind::module_& module);

// Runs a piece of the engine without the GIL. A Ctrl-C that Python's callbacks met meanwhile is raised at its end, whatever it returned; where nothing of it may be lost (a trained
// model), the caller has written it down by then.
template <class Call>
auto without_gil(Call&& call);

// Ctrl-C and what Python's callbacks raise while the engine works. One for the process: signals come to the main thread.
class Interrupt {
 public:
  // Whether a KeyboardInterrupt waits to be raised. Asks Python at most ten times a second, and takes the GIL for it.
  static bool is_pending();
  // Calls Python with the GIL. A KeyboardInterrupt in it becomes pending; other errors pass if `may_throw`, else Python reports them as unraisable.
  static void call(const std::function<void()>& python, bool may_throw);
  // Raises a pending one, or drops it. With the GIL.
  static void raise_pending();
  static void forget_pending();
};

template <class Call>
auto without_gil(Call&& call) {
  using Result = decltype(call());
  if constexpr (std::is_void_v<Result>) {
    {
      const nanobind::gil_scoped_release released;
      call();
    }
    Interrupt::raise_pending();
  } else {
    std::optional<Result> result;
    {
      const nanobind::gil_scoped_release released;
      result.emplace(call());
    }
    Interrupt::raise_pending();
    return std::move(*result);
  }
}

}  // namespace rechub::python
