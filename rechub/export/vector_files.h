#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace rechub {

// Raw ids as they were in the data: all whole numbers, or texts.
struct RawIds {
  bool are_integers = true;
  std::vector<int64_t> integers;
  std::vector<std::string> texts;

  size_t size() const { return are_integers ? integers.size() : texts.size(); }
};

// Integers where every text is a whole number as one writes it, so that nothing is lost; else the texts.
RawIds raw_ids(std::vector<std::string> texts);

// Vectors with their ids, row by row: `of` is "item" or "user"; vectors float32 [n, Q, D].
struct VectorTable {
  std::string of;
  RawIds ids;
  at::Tensor vectors;
};

// The formats by name, each written to files below `directory` as a whole or not at all. n rows, vectors [n, D] where Q is 1 and [n, Q, D] otherwise.
//
//   npy           OF_vectors.npy, float32; OF_ids.npy, int64 [n] or texts (numpy's <U)
//   parquet       OF_vectors.parquet: OF int64 or text, vector list of D floats; where Q is above 1 a row a vector, numbered by `interest` from 0
//   safetensors   OF_vectors.safetensors: `vectors`; `ids` int64 [n], or the texts' bytes end to end in `id_bytes` and where each begins and the last ends in `id_offsets` [n + 1]
using VectorWriter = void (*)(const std::string& directory, const VectorTable& table);
struct VectorFormat {
  const char* name;
  VectorWriter write;
};
std::span<const VectorFormat> vector_formats();
const VectorFormat& find_vector_format(const std::string& name);  // throws kUsage with the nearest known name

// The three writers, a file each.
void write_npy_vectors(const std::string& directory, const VectorTable& table);
void write_parquet_vectors(const std::string& directory, const VectorTable& table);
void write_safetensors_vectors(const std::string& directory, const VectorTable& table);

}  // namespace rechub
