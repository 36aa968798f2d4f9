#include <algorithm>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_columns.h"
#include "rechub/data/arrow_result.h"

namespace rechub {
namespace {

const arrow::Array& find(const arrow::RecordBatch& batch, const std::string& path, const std::string& name, const arrow::DataType& type, int64_t rows) {
  const int index = batch.schema()->GetFieldIndex(name);
  check(index >= 0, ErrorKind::kData, "{}: the column '{}' is missing; the file holds {}", path, name, batch.schema()->ToString());
  const arrow::Array& column = *batch.column(index);
  check(column.type()->Equals(type), ErrorKind::kData, "{}: the column '{}' should hold {}, it holds {}", path, name, type.ToString(), column.type()->ToString());
  check(column.length() == rows, ErrorKind::kData, "{}: the column '{}' should have {} rows, it has {}", path, name, rows, column.length());
  check(column.null_count() == 0, ErrorKind::kData, "{}: the column '{}' has {} missing values, none is expected", path, name, column.null_count());
  return column;
}

template <class Array>
auto raw_values(const arrow::Array& column) {
  return std::span(static_cast<const Array&>(column).raw_values(), static_cast<size_t>(column.length()));
}

}  // namespace

MappedColumns MappedColumns::open(const std::string& path, int64_t expected_size) {
  MappedColumns columns;
  columns.file_ = MappedFile::open(path, expected_size);
  const auto bytes = columns.file_.bytes();
  const auto buffer = std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int64_t>(bytes.size()));
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  const auto reader = value_of(arrow::ipc::RecordBatchFileReader::Open(std::make_shared<arrow::io::BufferReader>(buffer), options), path);
  check(reader->num_record_batches() == 1, ErrorKind::kData, "{}: one record batch is expected, the file has {}", path, reader->num_record_batches());
  columns.batch_ = value_of(reader->ReadRecordBatch(0), path);
  check_arrow(columns.batch_->ValidateFull(), path);
  return columns;
}

std::span<const int32_t> MappedColumns::int32_column(const std::string& name, int64_t rows) const {
  return raw_values<arrow::Int32Array>(find(*batch_, path(), name, *arrow::int32(), rows));
}

std::span<const int64_t> MappedColumns::int64_column(const std::string& name, int64_t rows) const {
  return raw_values<arrow::Int64Array>(find(*batch_, path(), name, *arrow::int64(), rows));
}

std::span<const float> MappedColumns::float_column(const std::string& name, int64_t rows) const {
  return raw_values<arrow::FloatArray>(find(*batch_, path(), name, *arrow::float32(), rows));
}

std::span<const float> MappedColumns::vector_column(const std::string& name, int64_t rows, int64_t width) const {
  const auto type = arrow::fixed_size_list(arrow::float32(), static_cast<int32_t>(width));
  const auto& lists = static_cast<const arrow::FixedSizeListArray&>(find(*batch_, path(), name, *type, rows));
  check(lists.values()->length() == rows * width && lists.values()->null_count() == 0, ErrorKind::kData, "{}: the column '{}' should have {} x {} numbers, it has {}", path(), name,
        rows, width, lists.values()->length());
  return raw_values<arrow::FloatArray>(*lists.values());
}

MappedColumns::Lists MappedColumns::list_column(const std::string& name, int64_t rows) const {
  const auto& lists = static_cast<const arrow::LargeListArray&>(find(*batch_, path(), name, *arrow::large_list(arrow::int32()), rows));
  const Lists result{std::span(lists.raw_value_offsets(), static_cast<size_t>(rows + 1)), raw_values<arrow::Int32Array>(*lists.values())};
  const bool ascends =
      result.offsets.front() == 0 && result.offsets.back() == static_cast<int64_t>(result.values.size()) && std::is_sorted(result.offsets.begin(), result.offsets.end());
  check(ascends && lists.values()->null_count() == 0, ErrorKind::kData, "{}: the lists of the column '{}' do not lie end to end: the file is damaged", path(), name);
  return result;
}

}  // namespace rechub
