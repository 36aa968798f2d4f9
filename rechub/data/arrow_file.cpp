#include "rechub/data/arrow_file.h"

#include <utility>

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include "rechub/data/arrow_result.h"
#include "rechub/data/atomic_stream.h"

namespace rechub {
struct ArrowFileWriter::State {
  std::string path;
  std::shared_ptr<AtomicStream> stream;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
};

ArrowFileWriter::ArrowFileWriter(const std::string& path, std::shared_ptr<arrow::Schema> schema) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->stream = std::make_shared<AtomicStream>(path);
  state_->writer = value_of(arrow::ipc::MakeFileWriter(state_->stream, std::move(schema)), path);
}

ArrowFileWriter::~ArrowFileWriter() = default;

void ArrowFileWriter::write(const arrow::RecordBatch& batch) { check_arrow(state_->writer->WriteRecordBatch(batch), state_->path); }

void ArrowFileWriter::commit() {
  check_arrow(state_->writer->Close(), state_->path);
  state_->stream->commit();
}

ArrowFile read_arrow_file(const std::string& path) {
  const auto file = value_of(arrow::io::ReadableFile::Open(path), path);
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  const auto reader = value_of(arrow::ipc::RecordBatchFileReader::Open(file, options), path);
  ArrowFile result{reader->schema(), {}};
  for (int i = 0; i < reader->num_record_batches(); ++i) {
    result.batches.push_back(value_of(reader->ReadRecordBatch(i), path));
    check_arrow(result.batches.back()->ValidateFull(), path);
  }
  return result;
}

}  // namespace rechub
