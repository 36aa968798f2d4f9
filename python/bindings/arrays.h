#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
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

// float32, over the tensor's own memory where it is contiguous.
inline NumpyArray<float> to_array(const at::Tensor& tensor) {
  auto owner = std::make_unique<at::Tensor>(tensor.contiguous());
  const at::Tensor& plain = *owner;
  const std::vector<size_t> shape(plain.sizes().begin(), plain.sizes().end());
  float* data = plain.data_ptr<float>();
  const nanobind::capsule keeper(owner.get(), [](void* held) noexcept { delete static_cast<at::Tensor*>(held); });
  static_cast<void>(owner.release());
  return NumpyArray<float>(data, shape.size(), shape.data(), keeper);
}

}  // namespace rechub::python
