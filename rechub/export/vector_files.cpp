#include "rechub/export/vector_files.h"

#include "rechub/base/registry.h"

namespace rechub {
namespace {

constexpr VectorFormat kFormats[] = {
    {"npy", write_npy_vectors},
    {"parquet", write_parquet_vectors},
    {"safetensors", write_safetensors_vectors},
};

}  // namespace

std::span<const VectorFormat> vector_formats() { return kFormats; }

const VectorFormat& find_vector_format(const std::string& name) { return find_entry<VectorFormat>(kFormats, name, "format"); }

}  // namespace rechub
