#include "rechub/bundle/tensor_file.h"

#include <cstring>
#include <set>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/bundle/safetensors.h"

namespace rechub {
namespace {

TensorType file_type(const at::Tensor& tensor, const std::string& name) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return TensorType::kF32;
    case at::kDouble:
      return TensorType::kF64;
    case at::kInt:
      return TensorType::kI32;
    case at::kLong:
      return TensorType::kI64;
    default:
      fail(ErrorKind::kInternal, "tensor {} has type {}, which is not stored", name, c10::toString(tensor.scalar_type()));
  }
}

at::ScalarType torch_type(TensorType type, const std::string& path, const std::string& name) {
  switch (type) {
    case TensorType::kF32:
      return at::kFloat;
    case TensorType::kF64:
      return at::kDouble;
    case TensorType::kI32:
      return at::kInt;
    case TensorType::kI64:
      return at::kLong;
    default:
      fail(ErrorKind::kData, "{}: tensor '{}' has type {}, expected F32, F64, I32 or I64", path, name, tensor_type_name(type));
  }
}

at::Tensor to_tensor(const TensorView& view, const std::string& path, const std::string& name) {
  at::Tensor tensor = at::empty(view.shape, torch_type(view.type, path, name));
  if (!view.bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

}  // namespace

void save_tensors(const std::string& path, const NamedTensors& tensors) {
  NamedTensors contiguous;  // keeps copies alive while they are written
  std::vector<std::pair<std::string, TensorView>> views;
  for (const auto& [name, tensor] : tensors) contiguous.emplace_back(name, tensor.detach().contiguous());
  for (const auto& [name, tensor] : contiguous) {
    const auto* bytes = static_cast<const std::byte*>(tensor.const_data_ptr());
    views.emplace_back(name, TensorView{file_type(tensor, name), tensor.sizes().vec(), {bytes, tensor.nbytes()}});
  }
  write_safetensors(path, views);
}

std::map<std::string, at::Tensor> load_tensors(const std::string& path) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, view] : file.tensors()) tensors.emplace(name, to_tensor(view, path, name));
  return tensors;
}

void load_tensors_into(const std::string& path, const NamedTensors& targets) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  std::set<std::string> wanted;
  for (const auto& [name, target] : targets) {
    wanted.insert(name);
    const auto found = file.tensors().find(name);
    check(found != file.tensors().end(), ErrorKind::kData, "{}: tensor '{}' is missing: the file belongs to another model or version", path, name);
    const TensorView& view = found->second;
    check(at::IntArrayRef(view.shape) == target.sizes() && torch_type(view.type, path, name) == target.scalar_type(), ErrorKind::kData,
          "{}: tensor '{}' does not fit: expected {} values of {}, found {} of {}", path, name, target.numel(), c10::toString(target.scalar_type()),
          view.bytes.size() / tensor_type_size(view.type), tensor_type_name(view.type));
  }
  for (const auto& [name, view] : file.tensors()) check(wanted.contains(name), ErrorKind::kData, "{}: tensor '{}' is not part of this model", path, name);
  at::NoGradGuard no_grad;
  for (auto [name, target] : targets) target.copy_(to_tensor(file.tensor(name), path, name));
}

}  // namespace rechub
