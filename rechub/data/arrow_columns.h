#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rechub/base/mapped_file.h"

namespace arrow {
class RecordBatch;
}

namespace rechub {

// A column of an Arrow IPC file that holds one record batch, so that every column is one contiguous piece of the file and can be used in place.
struct ColumnShape {
  enum Type {
    kInt32,    // one stream of int32 [rows]
    kInt64,    // one stream of int64 [rows]
    kFloat,    // one stream of float [rows]
    kLists,    // two streams: int64 offsets [rows + 1], then int32 values [num_values]
    kVectors,  // one stream of float [rows x width]
  };
  std::string name;
  Type type = kInt32;
  int64_t rows = 0;
  int64_t num_values = 0;  // kLists
  int64_t width = 1;       // kVectors
};

// Writes such a file in one pass though its columns lie one behind the other: sizes are known beforehand, so each stream is appended at its own place, and memory does not depend
// on the number of rows. Streams are numbered in the order of the columns. Throws kData naming the path and the system's reason. The file is not atomic: write it inside an
// AtomicDirectory.
class ArrowColumnsWriter {
 public:
  ArrowColumnsWriter(const std::string& path, const std::vector<ColumnShape>& columns);
  ~ArrowColumnsWriter();
  ArrowColumnsWriter(const ArrowColumnsWriter&) = delete;
  ArrowColumnsWriter& operator=(const ArrowColumnsWriter&) = delete;

  template <class T>
  void append(size_t stream, std::span<const T> values) {
    append_bytes(stream, std::as_bytes(values));
  }
  template <class T>
  void append(size_t stream, const std::vector<T>& values) {
    append_bytes(stream, std::as_bytes(std::span(values)));
  }
  template <class T>
  void append_one(size_t stream, T value) {
    append_bytes(stream, std::as_bytes(std::span(&value, 1)));
  }
  void finish();  // once, last; throws kInternal where a stream is not full

 private:
  struct Stream;
  void append_bytes(size_t stream, std::span<const std::byte> bytes);
  void write_at(int64_t offset, const char* data, size_t size);

  std::string path_;
  int file_ = -1;
  std::vector<Stream> streams_;
};

// The columns of such a file, mapped: spans stay valid as long as the object lives, also after a move. Getters throw kData where a column is missing, has another type or another
// number of rows, or holds missing values, and for list offsets that do not ascend.
class MappedColumns {
 public:
  static MappedColumns open(const std::string& path, int64_t expected_size);

  const std::string& path() const { return file_.path(); }
  std::span<const int32_t> int32_column(const std::string& name, int64_t rows) const;
  std::span<const int64_t> int64_column(const std::string& name, int64_t rows) const;
  std::span<const float> float_column(const std::string& name, int64_t rows) const;
  std::span<const float> vector_column(const std::string& name, int64_t rows, int64_t width) const;
  struct Lists {
    std::span<const int64_t> offsets;  // [rows + 1], from 0 to values.size()
    std::span<const int32_t> values;
  };
  Lists list_column(const std::string& name, int64_t rows) const;

 private:
  MappedFile file_;
  std::shared_ptr<arrow::RecordBatch> batch_;
};

}  // namespace rechub
