#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

namespace rechub {

// Writes an Arrow IPC file batch by batch, whole or not at all (AtomicFile). Throws kData naming the path and the system's reason. An object destroyed without commit() leaves
// nothing.
class ArrowFileWriter {
 public:
  ArrowFileWriter(const std::string& path, std::shared_ptr<arrow::Schema> schema);
  ~ArrowFileWriter();
  void write(const arrow::RecordBatch& batch);
  void commit();  // once, last

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All record batches of an Arrow IPC file, every buffer checked (arrow's ValidateFull). Throws kNotFound for a missing file, kData for a damaged one.
struct ArrowFile {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
};
ArrowFile read_arrow_file(const std::string& path);

}  // namespace rechub
