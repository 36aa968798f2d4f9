#include <algorithm>
#include <utility>

#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/table_part.h"

namespace rechub {
namespace {

constexpr int64_t kRowsPerBatch = int64_t{1} << 16;
constexpr int64_t kPageBuffer = int64_t{1} << 20;  // bytes of a column held at a time, whatever the size of the row groups

// Runs `read`; what the parquet library throws becomes our error.
template <class Read>
auto guarded(const std::string& path, Read&& read) {
  try {
    return read();
  } catch (const parquet::ParquetException& error) {
    fail(ErrorKind::kData, "{}: not a readable Parquet file: {}", path, error.what());
  }
}

// Columns of the file's leaves below `field`, in order.
void collect_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.column_index >= 0) leaves.push_back(field.column_index);
  for (const auto& child : field.children) collect_leaves(child, leaves);
}

class ParquetPart : public TablePart {
 public:
  explicit ParquetPart(const std::string& path) : path_(path) {
    guarded(path, [&] { open(); });
    for (const auto& field : schema_->fields()) columns_.push_back(field->name());
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  bool is_empty() const override { return num_rows_ == 0; }
  int64_t num_rows_hint() const override { return num_rows_; }
  void select(const std::vector<std::string>& columns) override { columns_ = columns; }

  std::shared_ptr<arrow::RecordBatch> next() override {
    return guarded(path_, [&] {
      if (batches_ == nullptr) open_batches();
      num_rows_before_ += num_rows_in_batch_;
      std::shared_ptr<arrow::RecordBatch> batch;
      check_arrow(batches_->ReadNext(&batch), path_);
      num_rows_in_batch_ = batch == nullptr ? 0 : batch->num_rows();
      if (batch == nullptr) return batch;
      check_arrow(batch->ValidateFull(), path_);
      return value_of(batch->SelectColumns(order_), path_);
    });
  }

  std::string where(int64_t row_in_batch) const override { return fmt::format("{}, row {}", path_, num_rows_before_ + row_in_batch + 1); }

 private:
  void open();
  void open_batches();

  std::string path_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::string> columns_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::vector<int> order_;  // column i asked for is column order_[i] of the file's batches
  int64_t num_rows_ = 0, num_rows_before_ = 0, num_rows_in_batch_ = 0;
};

void ParquetPart::open() {
  auto properties = parquet::default_reader_properties();
  properties.enable_buffered_stream();
  properties.set_buffer_size(kPageBuffer);
  properties.set_page_checksum_verification(true);
  auto file = parquet::ParquetFileReader::Open(value_of(arrow::io::ReadableFile::Open(path_), path_), properties);
  num_rows_ = file->metadata()->num_rows();
  parquet::ArrowReaderProperties arrow_properties(false);
  arrow_properties.set_batch_size(kRowsPerBatch);
  arrow_properties.set_pre_buffer(false);
  reader_ = value_of(parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(file), arrow_properties), path_);
  check_arrow(reader_->GetSchema(&schema_), path_);
  for (const auto& field : schema_->fields()) {
    check(schema_->GetAllFieldIndices(field->name()).size() == 1, ErrorKind::kData, "{}: two columns are called '{}'; rename one", path_, field->name());
  }
}

void ParquetPart::open_batches() {
  std::vector<int> leaves, row_groups(static_cast<size_t>(reader_->num_row_groups())), fields;
  for (size_t i = 0; i < row_groups.size(); ++i) row_groups[i] = static_cast<int>(i);
  for (const std::string& name : columns_) fields.push_back(schema_->GetFieldIndex(name));
  std::vector<int> in_file_order = fields;
  std::sort(in_file_order.begin(), in_file_order.end());
  for (const int field : in_file_order) collect_leaves(reader_->manifest().schema_fields[static_cast<size_t>(field)], leaves);
  for (const int field : fields) order_.push_back(static_cast<int>(std::lower_bound(in_file_order.begin(), in_file_order.end(), field) - in_file_order.begin()));
  batches_ = value_of(reader_->GetRecordBatchReader(row_groups, leaves), path_);
}

}  // namespace

std::unique_ptr<TablePart> open_parquet(const std::string& path) { return std::make_unique<ParquetPart>(path); }

}  // namespace rechub
