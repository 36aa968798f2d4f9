#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "rechub/index/index.h"
#include "rechub/index/index_file.h"
#include "rechub/index/query_checks.h"

namespace rechub {

// What stands in a spec: HNSW32,SQ8 is the graph HNSW with 32 links and vectors coded by SQ in 8 bits. 0 where there is no number.
struct IndexSpec {
  std::string text;
  int64_t number = 0, code_number = 0;
};

// The numbers a part of a spec may have; {} for none.
struct NumberRange {
  int64_t smallest = 0, largest = 0;
};

// A row of the table of indexes (registry.cpp). `open` checks all that a file says. Null where this build lacks what they need.
struct IndexEntry {
  const char* example;  // as users write it
  const char* name;
  NumberRange numbers;
  const char* code;  // behind the comma; "" for none
  NumberRange code_numbers;
  std::unique_ptr<Index> (*build)(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options);
  std::unique_ptr<Index> (*open)(const IndexSpec& spec, IndexFile file);
  const char* library;  // that they need, and what installs it; "" for none
};
std::span<const IndexEntry> index_entries();

std::unique_ptr<Index> open_index(IndexFile file);  // as open_index by path, of a file whose spec was looked at before

// One pair of functions a kind of index, each in its own file.
std::unique_ptr<Index> build_flat(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options);
std::unique_ptr<Index> open_flat(const IndexSpec& spec, IndexFile file);
std::unique_ptr<Index> build_hnsw(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options);
std::unique_ptr<Index> open_hnsw(const IndexSpec& spec, IndexFile file);
std::unique_ptr<Index> build_ivf(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options);
std::unique_ptr<Index> open_ivf(const IndexSpec& spec, IndexFile file);
std::unique_ptr<Index> build_annoy(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options);
std::unique_ptr<Index> open_annoy(const IndexSpec& spec, IndexFile file);

}  // namespace rechub
