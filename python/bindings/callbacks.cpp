#include <utility>

#include "bindings.h"
#include <nanobind/stl/string.h>
#include <torch/csrc/autograd/anomaly_mode.h>

#include "rechub/base/clock.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/base/progress.h"

namespace nb = nanobind;

namespace rechub::python {
namespace {

// Of each thread: Python runs handlers of signals in the main one alone, and what they raise is meant for its call.
thread_local bool has_pending = false;
thread_local double next_look = 0;

// Under the GIL.
int num_pauses = 0;
bool had_anomaly = false, had_nan_check = false;

// Where lines go: sink(kind, text) with kind "result", "message" or "warning"; None: the terminal.
void set_output(const nb::object& sink) {
  if (sink.is_none()) return set_output_sink({});
  // The reference is given up while no thread may hold the GIL, so it is never given up.
  set_output_sink([held = sink.inc_ref().ptr()](Output kind, const std::string& text) {
    const char* name = kind == Output::kResult ? "result" : kind == Output::kMessage ? "message" : "warning";
    Interrupt::call([&] { nb::borrow<nb::callable>(held)(name, text); }, false);
  });
}

// sink(label, done, total, unit, text) as a job goes on, sink(None, ...) at its end; total is -1 where it is not known.
void set_progress(const nb::object& sink) {
  if (sink.is_none()) return set_progress_sink({});
  set_progress_sink([held = sink.inc_ref().ptr()](const ProgressState* state) {
    Interrupt::call(
        [&] {
          const auto callable = nb::borrow<nb::callable>(held);
          if (state == nullptr) {
            callable(nb::none(), 0, 0, "", "");
          } else {
            callable(state->label, state->done, state->total, state->unit, state->text);
          }
        },
        false);
  });
}

void look_at_signals() {
  Interrupt::call(
      [] {
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
      },
      true);
}

}  // namespace

bool Interrupt::is_pending() {
  const double now = monotonic_seconds();
  if (has_pending || now < next_look) return has_pending;
  next_look = now + .1;
  look_at_signals();
  return has_pending;
}

void Interrupt::call(const std::function<void()>& python, bool may_throw) {
  const nb::gil_scoped_acquire held;
  try {
    python();
  } catch (nb::python_error& error) {
    if (error.matches(PyExc_KeyboardInterrupt)) {
      has_pending = true;
    } else if (may_throw) {
      throw;
    } else {
      error.discard_as_unraisable("rechub");
    }
  }
}

bool Interrupt::take_pending() {
  look_at_signals();
  return std::exchange(has_pending, false);
}

void Interrupt::raise_pending() {
  if (!take_pending()) return;
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  throw nb::python_error();
}

AnomalyPause::AnomalyPause() {
  if (num_pauses++ > 0) return;
  had_anomaly = torch::autograd::AnomalyMode::is_enabled();
  had_nan_check = torch::autograd::AnomalyMode::should_check_nan();
  if (had_anomaly) torch::autograd::AnomalyMode::set_enabled(false);
}

AnomalyPause::~AnomalyPause() {
  if (--num_pauses == 0 && had_anomaly) torch::autograd::AnomalyMode::set_enabled(true, had_nan_check);
}

void bind_callbacks(nb::module_& module) {
  module.def("set_output", set_output, nb::arg("sink").none());
  module.def("set_progress", set_progress, nb::arg("sink").none());
  module.def("set_quiet", set_quiet, nb::arg("quiet"));
  module.def("set_num_threads", set_num_threads, nb::arg("count"), "Threads of all calls that follow; 0: all cores this process may use.");
  module.def("num_threads", num_threads);
}

}  // namespace rechub::python
