#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <nanobind/ndarray.h>

namespace rechub::python {

template <class T>
using InputArray = nanobind::ndarray<const T, nanobind::ndim<1>, nanobind::c_contig, nanobind::device::cpu>;
template <class T>
using NumpyArray = nanobind::ndarray<nanobind::numpy, T>;

// Hands numbers over to NumPy without a copy.
template <class T>
NumpyArray<T> to_numpy(std::vector<T> values, const std::vector<size_t>& shape) {
  auto owner = std::make_unique<std::vector<T>>(std::move(values));
  T* data = owner->data();
  const nanobind::capsule keeper(owner.get(), [](void* held) noexcept { delete static_cast<std::vector<T>*>(held); });
  static_cast<void>(owner.release());
  return NumpyArray<T>(data, shape.size(), shape.data(), keeper);
}

}  // namespace rechub::python
