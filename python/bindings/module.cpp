#include "bindings.h"
#include <nanobind/nanobind.h>

#include "rechub/base/error.h"
#include "rechub/cli/user_requests.h"

namespace nb = nanobind;

namespace rechub::python {
namespace {

void raise(const char* name, const Error& error) { PyErr_SetString(nb::module_::import_("rechub._errors").attr(name).ptr(), error.what()); }

// Our errors as Python's own kinds. NotFoundError is a KeyError whose text reads like a sentence, PathNotFoundError a FileNotFoundError as well (rechub/_errors.py).
void translate(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const cli::UnknownId& error) {
    raise("NotFoundError", error);
  } catch (const Error& error) {
    switch (error.kind()) {
      case ErrorKind::kUsage:
      case ErrorKind::kData:
      case ErrorKind::kShape:
        PyErr_SetString(PyExc_ValueError, error.what());
        return;
      case ErrorKind::kNotFound:
        raise("PathNotFoundError", error);
        return;
      case ErrorKind::kInternal:
        PyErr_SetString(PyExc_RuntimeError, error.what());
        return;
    }
  }
}

}  // namespace
}  // namespace rechub::python

NB_MODULE(_engine, module) {
  using namespace rechub::python;
  module.doc() = "RecHub's engine: what the rechub package is made of. Arrays go in and out without a copy where types allow; every long call releases the GIL.";
  nb::register_exception_translator(translate);
  bind_callbacks(module);
  bind_memory_table(module);
  bind_commands(module);
  bind_bundle(module);
  bind_matching_data(module);
  bind_matching_models(module);
  bind_matching_trainer(module);
}
