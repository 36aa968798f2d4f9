#pragma once

#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/ranges.h>
#include <parquet/arrow/writer.h>

#include "rechub/data/arrow_result.h"
#include "rechub/data/table.h"

namespace rechub {

// For tests: every cell of a table as text, row by row; a missing cell is "null".
inline std::vector<std::vector<std::string>> read_rows(TableReader& reader) {
  std::vector<std::vector<std::string>> rows;
  while (const auto batch = reader.next()) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      rows.emplace_back();
      for (const auto& column : batch->columns()) rows.back().push_back(column->GetScalar(row).ValueOrDie()->ToString());
    }
  }
  return rows;
}

inline std::vector<std::vector<std::string>> read_rows(const std::vector<std::string>& paths, const TableOptions& options = {}) { return read_rows(*open_table(paths, options)); }

// "user,item" of an open table.
inline std::string column_names(const TableReader& reader) { return fmt::format("{}", fmt::join(reader.schema()->field_names(), ",")); }

inline void write_parquet(const std::string& path, const std::shared_ptr<arrow::Table>& table, int64_t rows_per_group = 1 << 20) {
  const auto file = value_of(arrow::io::FileOutputStream::Open(path), path);
  const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  check_arrow(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, rows_per_group, parquet::default_writer_properties(), properties), path);
  check_arrow(file->Close(), path);
}

}  // namespace rechub
