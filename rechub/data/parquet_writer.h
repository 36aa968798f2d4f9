#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

namespace rechub {

// Writes a Parquet file row group by row group, whole or not at all (AtomicFile). Throws kData naming the path and the reason. An object destroyed without commit() leaves nothing.
class ParquetFileWriter {
 public:
  ParquetFileWriter(const std::string& path, std::shared_ptr<arrow::Schema> schema);
  ~ParquetFileWriter();
  void write(std::vector<std::shared_ptr<arrow::Array>> columns, int64_t rows);  // one row group, in the order of the schema
  void commit();                                                                 // once, last

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rechub
