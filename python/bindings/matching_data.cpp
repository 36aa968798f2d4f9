#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "arrays.h"
#include "bindings.h"
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "rechub/base/error.h"
#include "rechub/matching/data_generator.h"

namespace nb = nanobind;

namespace rechub::python {
namespace {

using namespace matching;

template <class T>
using Values = nb::ndarray<const T, nb::c_contig, nb::device::cpu>;

// A column over an array's own memory: numbers [rows], or [rows, width], or with offsets [rows + 1] lists end to end.
template <class T>
Column view(const Values<T>& values, const std::optional<InputArray<int64_t>>& offsets) {
  check(values.ndim() == 1 || values.ndim() == 2, ErrorKind::kShape, "a column has one or two dimensions, got {}", values.ndim());
  using Arrays = std::pair<Values<T>, std::optional<InputArray<int64_t>>>;
  // Given up by whichever thread is last, in the middle of a call without the GIL as well.
  const std::shared_ptr<const Arrays> owner(new Arrays(values, offsets), [](const Arrays* held) {
    const nb::gil_scoped_acquire gil;
    delete held;
  });
  const std::span<const T> numbers(values.data(), values.size());
  if (offsets) return Column::view_lists(numbers, std::span(offsets->data(), offsets->size()), owner);
  return Column::view(numbers, values.ndim() == 2 ? static_cast<int64_t>(values.shape(1)) : 1, owner);
}

template <class T>
void bind_view(nb::class_<Column>& column) {
  column.def(
      "__init__", [](Column* self, const Values<T>& values, const std::optional<InputArray<int64_t>>& offsets) { new (self) Column(view<T>(values, offsets)); },
      nb::arg("values").noconvert(), nb::arg("offsets").noconvert().none() = nb::none());
}

uintptr_t address(const Column& column) {
  return std::visit([](auto values) { return reinterpret_cast<uintptr_t>(values.data()); }, column.values());
}

}  // namespace

void bind_matching_data(nb::module_& module) {
  nb::class_<Column> column(module, "Column", "A column of data over somebody else's memory: NumPy arrays and torch tensors of int32, int64, float32 or float64, kept alive.");
  bind_view<int32_t>(column);
  bind_view<int64_t>(column);
  bind_view<float>(column);
  bind_view<double>(column);
  column.def_prop_ro("address", address, "Where its numbers begin.").def_prop_ro("num_rows", &Column::num_rows).def_prop_ro("is_list", &Column::is_list);

  nb::class_<DataLoader>(module, "DataLoader");
  nb::class_<MatchDataGenerator>(module, "MatchDataGenerator")
      .def(
          "__init__",
          [](MatchDataGenerator* self, const Columns& x, const std::optional<Column>& y) { new (self) MatchDataGenerator(without_gil([&] { return MatchDataGenerator(x, y); })); },
          nb::arg("x"), nb::arg("y").none() = nb::none())
      .def(
          "generate_dataloader",
          [](const MatchDataGenerator& self, const Columns& users, const Columns& items, int64_t batch_size, int64_t num_workers) {
            DataLoaders loaders = without_gil([&] { return self.generate_dataloader(users, items, batch_size, num_workers); });
            return nb::make_tuple(std::move(loaders.train), std::move(loaders.test), std::move(loaders.item));
          },
          nb::arg("x_test_user"), nb::arg("x_all_item"), nb::arg("batch_size"), nb::arg("num_workers"));
  module.def(
      "make_dataloader",
      [](const Columns& x, const std::optional<Column>& y, int64_t batch_size, int64_t num_workers) {
        return without_gil([&] { return make_dataloader(x, y, batch_size, num_workers); });
      },
      nb::arg("x"), nb::arg("y").none(), nb::arg("batch_size"), nb::arg("num_workers"));
}

}  // namespace rechub::python
