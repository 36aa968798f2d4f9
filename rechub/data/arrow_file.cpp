#include "rechub/data/arrow_file.h"

#include <utility>

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"

namespace rechub {
namespace {

// Hands Arrow's bytes to an AtomicFile. No exception crosses Arrow's code: it becomes a status.
class AtomicStream : public arrow::io::OutputStream {
 public:
  explicit AtomicStream(const std::string& path) : file_(path) {}
  arrow::Status Write(const void* data, int64_t size) override {
    try {
      file_.write(std::span(static_cast<const std::byte*>(data), static_cast<size_t>(size)));
      return arrow::Status::OK();
    } catch (const Error& error) {
      return arrow::Status::IOError(error.what());
    }
  }
  arrow::Status Close() override { return is_closed_ = true, arrow::Status::OK(); }
  arrow::Result<int64_t> Tell() const override { return file_.size(); }
  bool closed() const override { return is_closed_; }
  void commit() { file_.commit(); }

 private:
  AtomicFile file_;
  bool is_closed_ = false;
};

}  // namespace

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
