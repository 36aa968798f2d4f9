#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"

namespace rechub {

// An Arrow stream into a file that appears as a whole with commit(), or not at all. No exception crosses Arrow's code: it becomes a status.
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

}  // namespace rechub
