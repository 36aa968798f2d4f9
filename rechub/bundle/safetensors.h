#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rechub/base/mapped_file.h"

namespace rechub {

// The safetensors format (https://github.com/huggingface/safetensors): 8 bytes little-endian length of a JSON header, the header, the tensors' bytes end to end. Values are
// little-endian, row-major. No LibTorch here, so that it can be fuzzed; tensor_file.h has it with at::Tensor.
enum class TensorType { kBool, kU8, kI8, kU16, kI16, kF16, kBF16, kU32, kI32, kF32, kU64, kI64, kF64 };
const char* tensor_type_name(TensorType type);  // as in the header: "F32"
int64_t tensor_type_size(TensorType type);      // bytes of a value

struct TensorView {
  TensorType type = TensorType::kF32;
  std::vector<int64_t> shape;        // empty: one value
  std::span<const std::byte> bytes;  // product of shape * tensor_type_size(type)
};

struct SafetensorsContent {
  std::map<std::string, TensorView> tensors;    // views into the bytes that were parsed
  std::map<std::string, std::string> metadata;  // __metadata__
};

// Checks everything before anything is used: the header's length (at most 100 MB) and JSON, types, shapes, that sizes and offsets agree, that the tensors fill the file without gap
// or overlap. Throws kData naming `source` and the tensor.
SafetensorsContent parse_safetensors(std::span<const std::byte> bytes, const std::string& source);

// A file mapped into memory; views stay valid as long as it lives.
class SafetensorsFile {
 public:
  static SafetensorsFile open(const std::string& path);  // throws kNotFound, kData

  const std::string& path() const { return file_.path(); }
  const std::map<std::string, TensorView>& tensors() const { return content_.tensors; }
  const std::map<std::string, std::string>& metadata() const { return content_.metadata; }
  const TensorView& tensor(const std::string& name) const;  // throws kData where there is none

 private:
  MappedFile file_;
  SafetensorsContent content_;
};

// Writes a file as a whole or not at all. The widest types come first, each name sorted, so that every tensor is aligned to its type. Throws kData where it cannot be written,
// kInternal for a view whose bytes do not fit its shape and for a name that stands twice.
void write_safetensors(const std::string& path, const std::vector<std::pair<std::string, TensorView>>& tensors, const std::map<std::string, std::string>& metadata = {});

}  // namespace rechub
