#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "rechub/bundle/safetensors.h"
#include "rechub/export/vector_files.h"

namespace rechub {
namespace {

template <class T>
TensorView view(TensorType type, const std::vector<T>& values) {
  return {type, {static_cast<int64_t>(values.size())}, std::as_bytes(std::span(values))};
}

}  // namespace

void write_safetensors_vectors(const std::string& directory, const VectorTable& table) {
  const at::Tensor vectors = (table.vectors.size(1) == 1 ? table.vectors.squeeze(1) : table.vectors).contiguous();
  const auto* floats = static_cast<const std::byte*>(vectors.const_data_ptr());
  std::vector<std::pair<std::string, TensorView>> tensors = {{"vectors", {TensorType::kF32, vectors.sizes().vec(), {floats, vectors.nbytes()}}}};
  std::vector<uint8_t> bytes;
  std::vector<int64_t> offsets = {0};
  for (const std::string& text : table.ids.texts) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    offsets.push_back(static_cast<int64_t>(bytes.size()));
  }
  if (table.ids.are_integers) {
    tensors.emplace_back("ids", view(TensorType::kI64, table.ids.integers));
  } else {
    tensors.emplace_back("id_bytes", view(TensorType::kU8, bytes));
    tensors.emplace_back("id_offsets", view(TensorType::kI64, offsets));
  }
  write_safetensors(directory + "/" + table.of + "_vectors.safetensors", tensors, {{"of", table.of}});
}

}  // namespace rechub
