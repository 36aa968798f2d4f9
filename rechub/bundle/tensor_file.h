#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace rechub {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Tensors by name in a safetensors file: float32, float64, int32 and int64. Written as a whole or not at all.
void save_tensors(const std::string& path, const NamedTensors& tensors);

// Reads a file fully checked; throws kNotFound without it, kData where it is damaged.
std::map<std::string, at::Tensor> load_tensors(const std::string& path);

// Copies the file's tensors into `targets` in place. Throws kData naming the tensor that is missing, left over, or of another shape or type.
void load_tensors_into(const std::string& path, const NamedTensors& targets);

}  // namespace rechub
