#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/type_fwd.h>

#include "rechub/data/table_part.h"

namespace rechub {

// A table of this process that is read where a file could be: path() stands for it wherever rows are read (open_table, PrepareOptions), as long as this object lives. Its columns
// are used where they are. All functions here are thread-safe.
class MemoryTable {
 public:
  // `name` is what messages call it ("events"). Throws kData for two columns of one name.
  MemoryTable(const std::string& name, std::shared_ptr<arrow::Table> table);
  ~MemoryTable();
  MemoryTable(const MemoryTable&) = delete;
  MemoryTable& operator=(const MemoryTable&) = delete;

  const std::string& path() const { return path_; }
  const arrow::Table& table() const { return *table_; }

 private:
  std::string path_;
  std::shared_ptr<arrow::Table> table_;
};

bool is_memory_table(const std::string& path);
int64_t memory_table_bytes(const std::string& path);  // of its columns; 0 for other paths
std::string shown_path(const std::string& path);      // the table's name, as messages call it; other paths as they are

// Throws kNotFound where the table is gone.
std::unique_ptr<TablePart> open_memory_table(const std::string& path);

}  // namespace rechub
