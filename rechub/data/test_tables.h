#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
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

template <class Builder, class Value>
std::shared_ptr<arrow::Array> array_of(Builder builder, const std::vector<Value>& values) {
  check_arrow(builder.AppendValues(values), "a test's array");
  return value_of(builder.Finish(), "a test's array");
}
inline std::shared_ptr<arrow::Array> int64_array(const std::vector<int64_t>& values) { return array_of(arrow::Int64Builder(), values); }
inline std::shared_ptr<arrow::Array> text_array(const std::vector<std::string>& values) { return array_of(arrow::StringBuilder(), values); }

inline std::shared_ptr<arrow::Table> table_of(const std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, values] : columns) {
    fields.push_back(arrow::field(name, values->type()));
    arrays.push_back(values);
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

inline void write_parquet(const std::string& path, const std::shared_ptr<arrow::Table>& table, int64_t rows_per_group = 1 << 20) {
  const auto file = value_of(arrow::io::FileOutputStream::Open(path), path);
  const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  check_arrow(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, rows_per_group, parquet::default_writer_properties(), properties), path);
  check_arrow(file->Close(), path);
}

}  // namespace rechub
