#include "rechub/data/parquet_writer.h"

#include <utility>

#include <arrow/api.h>
#include <parquet/arrow/writer.h>

#include "rechub/data/arrow_result.h"
#include "rechub/data/atomic_stream.h"

namespace rechub {

struct ParquetFileWriter::State {
  std::string path;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<AtomicStream> stream;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
};

ParquetFileWriter::ParquetFileWriter(const std::string& path, std::shared_ptr<arrow::Schema> schema)
    : state_(std::make_unique<State>(State{path, std::move(schema), std::make_shared<AtomicStream>(path), nullptr})) {
  const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  state_->writer =
      value_of(parquet::arrow::FileWriter::Open(*state_->schema, arrow::default_memory_pool(), state_->stream, parquet::default_writer_properties(), properties), path);
}

ParquetFileWriter::~ParquetFileWriter() = default;

void ParquetFileWriter::write(std::vector<std::shared_ptr<arrow::Array>> columns, int64_t rows) {
  check_arrow(state_->writer->WriteTable(*arrow::Table::Make(state_->schema, std::move(columns), rows), rows), state_->path);
}

void ParquetFileWriter::commit() {
  check_arrow(state_->writer->Close(), state_->path);
  state_->stream->commit();
}

}  // namespace rechub
