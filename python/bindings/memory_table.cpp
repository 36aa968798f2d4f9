#include "rechub/data/memory_table.h"

#include "bindings.h"
#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include "rechub/data/arrow_result.h"

namespace nb = nanobind;

namespace rechub::python {

// Whatever speaks Arrow's PyCapsule protocol: tables of pyarrow and polars, frames of pandas 2.2.
void bind_memory_table(nb::module_& module) {
  nb::class_<MemoryTable>(module, "MemoryTable", "A table in memory that is read where a file could be: its `path` stands for it as long as this object lives. Nothing is copied.")
      .def(
          "__init__",
          [](MemoryTable* self, const std::string& name, const nb::object& table) {
            const nb::object capsule = table.attr("__arrow_c_stream__")();
            auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
            if (stream == nullptr) throw nb::python_error();
            const auto reader = value_of(arrow::ImportRecordBatchReader(stream), name);
            new (self) MemoryTable(name, value_of(reader->ToTable(), name));
          },
          nb::arg("name"), nb::arg("table"))
      .def_prop_ro("path", &MemoryTable::path)
      .def(
          "addresses",
          [](const MemoryTable& self) {
            std::map<std::string, uintptr_t> addresses;
            for (const auto& field : self.table().schema()->fields()) {
              const auto column = self.table().GetColumnByName(field->name());
              if (column->num_chunks() > 0) addresses[field->name()] = column->chunk(0)->data()->buffers[1]->address();
            }
            return addresses;
          },
          "Where the values of each column begin.");
}

}  // namespace rechub::python
