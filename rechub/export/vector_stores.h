#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/export/item_columns.h"

namespace rechub {

// A catalogue as a vector database takes it.
struct StoreItems {
  std::string description;
  std::vector<ItemColumn> columns;  // the first is the raw id
  at::Tensor vectors;               // float32 [items, D], contiguous and finite; row r is item row r + kFirstIndex
  bool is_cosine = false;           // what the model was trained for: the cosine, or else the inner product

  int64_t size() const { return vectors.size(0); }
  int64_t dim() const { return vectors.size(1); }
  const float* vector(int64_t row) const { return vectors.const_data_ptr<float>() + row * dim(); }
};

// The stores, a file each. Every one writes its files below `directory` piece by piece; throws kData where the store has no place for a value, naming it.
//
//   milvus     items.parquet: one column a field of the collection, as Milvus imports it; collection.json: schema, and index with the metric, as pymilvus takes them
//   qdrant     points.jsonl: a point a line; collection.json: size and distance, what creates the collection
//   pgvector   items.copy: rows for COPY; items.sql: what makes table and index and loads the rows, for psql
void write_milvus_items(const std::string& directory, const StoreItems& items);
void write_qdrant_items(const std::string& directory, const StoreItems& items);
void write_pgvector_items(const std::string& directory, const StoreItems& items);

}  // namespace rechub
