#include "rechub/data/table.h"

#include <algorithm>
#include <utility>

#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/options.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/table_files.h"
#include "rechub/data/table_format.h"
#include "rechub/data/table_part.h"

namespace rechub {
namespace {

// The columns of a file together with its folders' keys, which a column of the same name in the file overrides.
std::shared_ptr<arrow::Schema> whole_schema(const arrow::Schema& file_schema, const TableFile& file) {
  arrow::FieldVector fields = file_schema.fields();
  for (const auto& [key, value] : file.partition) {
    if (file_schema.GetFieldIndex(key) < 0) fields.push_back(arrow::field(key, arrow::utf8()));
  }
  return arrow::schema(std::move(fields));
}

void check_same_columns(const arrow::Schema& first, const arrow::Schema& other, const std::string& first_path, const std::string& path) {
  for (const auto& field : first.fields()) {
    const auto found = other.GetFieldByName(field->name());
    check(found != nullptr, ErrorKind::kData, "{}: the column '{}' is missing, which {} has; the files of one table hold the same columns", path, field->name(), first_path);
    check(found->type()->Equals(*field->type()), ErrorKind::kData, "{}: the column '{}' holds {}, but in {} it holds {}; the files of one table hold the same types", path,
          field->name(), found->type()->ToString(), first_path, field->type()->ToString());
  }
  for (const auto& field : other.fields()) {
    check(first.GetFieldByName(field->name()) != nullptr, ErrorKind::kData, "{}: the column '{}' is not in {}; the files of one table hold the same columns", path, field->name(),
          first_path);
  }
}

class FilesReader : public TableReader {
 public:
  FilesReader(std::vector<TableFile> files, const TableOptions& options) : files_(std::move(files)), format_(options.format), bad_rows_(options.max_bad_rows) {
    bool is_empty = true;
    for (size_t i = 0; i < files_.size(); ++i) is_empty = inspect(i) && is_empty;
    check(!is_empty, ErrorKind::kData, "{}: there are column names but no rows", shown_path(files_[0].path));
    selected_ = schema_;
  }

  std::shared_ptr<arrow::Schema> schema() const override { return selected_; }
  int64_t num_rows_hint() const override { return num_rows_hint_; }
  int64_t num_bad_rows() const override { return bad_rows_.count(); }
  std::string where(int64_t row_in_batch) const override { return part_->where(row_in_batch); }
  void select(const std::vector<std::string>& columns) override;
  std::shared_ptr<arrow::RecordBatch> next() override;

  void skip_bad_row(int64_t row_in_batch, const std::string& column, const std::string& reason) override {
    bad_rows_.add(fmt::format("{}, column '{}': {}", where(row_in_batch), column, reason));
  }

 private:
  bool inspect(size_t file);
  void open_next();
  std::shared_ptr<arrow::RecordBatch> with_keys(const arrow::RecordBatch& batch) const;

  std::vector<TableFile> files_;
  std::string format_;
  BadRows bad_rows_;
  std::shared_ptr<arrow::Schema> schema_, selected_;
  int64_t num_rows_hint_ = 0, num_rows_ = 0;
  size_t num_opened_ = 0;            // files
  std::unique_ptr<TablePart> part_;  // of file num_opened_ - 1
};

// Reads the head of a file, checks its columns against the first file's; true if it surely has no rows.
bool FilesReader::inspect(size_t file) {
  const auto part = open_part(files_[file].path, format_, bad_rows_);
  const auto schema = whole_schema(*part->schema(), files_[file]);
  if (file == 0) schema_ = schema;
  check_same_columns(*schema_, *schema, shown_path(files_[0].path), shown_path(files_[file].path));
  const int64_t hint = part->num_rows_hint();
  num_rows_hint_ = hint < 0 || num_rows_hint_ < 0 ? -1 : num_rows_hint_ + hint;
  return part->is_empty();
}

void FilesReader::select(const std::vector<std::string>& columns) {
  check(num_opened_ == 0, ErrorKind::kInternal, "columns were selected after reading had begun");
  arrow::FieldVector fields;
  for (const std::string& name : columns) {
    fields.push_back(schema_->GetFieldByName(name));
    check(fields.back() != nullptr, ErrorKind::kInternal, "the column '{}' was selected, but the table has {}", name, schema_->ToString());
  }
  selected_ = arrow::schema(std::move(fields));
}

void FilesReader::open_next() {
  part_ = open_part(files_[num_opened_++].path, format_, bad_rows_);
  std::vector<std::string> columns;
  for (const auto& field : selected_->fields()) {
    if (part_->schema()->GetFieldIndex(field->name()) >= 0) columns.push_back(field->name());
  }
  part_->select(columns);
}

std::shared_ptr<arrow::RecordBatch> FilesReader::next() {
  check_interruption();
  while (true) {
    if (part_ == nullptr && num_opened_ == files_.size()) break;
    if (part_ == nullptr) open_next();
    const auto batch = part_->next();
    if (batch != nullptr && batch->num_rows() > 0) {
      num_rows_ += batch->num_rows();
      return with_keys(*batch);
    }
    if (batch == nullptr) part_.reset();
  }
  check(num_rows_ > 0, ErrorKind::kData, "{}: there is no readable row ({} bad ones)", shown_path(files_[0].path), bad_rows_.count());
  return nullptr;
}

std::shared_ptr<arrow::RecordBatch> FilesReader::with_keys(const arrow::RecordBatch& batch) const {
  const TableFile& file = files_[num_opened_ - 1];
  arrow::ArrayVector columns;
  for (const auto& field : selected_->fields()) {
    auto column = batch.GetColumnByName(field->name());
    if (column == nullptr) {
      const auto key = std::find_if(file.partition.begin(), file.partition.end(), [&](const auto& entry) { return entry.first == field->name(); });
      column = key->second == kHiveNull ? value_of(arrow::MakeArrayOfNull(arrow::utf8(), batch.num_rows()), file.path)
                                        : value_of(arrow::MakeArrayFromScalar(arrow::StringScalar(key->second), batch.num_rows()), file.path);
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(selected_, batch.num_rows(), std::move(columns));
}

}  // namespace

void BadRows::add(const std::string& message) {
  ++count_;
  if (count_ <= limit_) return;
  if (limit_ == 0) fail(ErrorKind::kData, "{} (--max-bad-rows N leaves out up to N such rows)", message);
  fail(ErrorKind::kData, "{} (this is bad row {}, and --max-bad-rows allows {})", message, count_, limit_);
}

std::unique_ptr<TablePart> open_part(const std::string& path, const std::string& format, BadRows& bad_rows) {
  if (is_memory_table(path)) return open_memory_table(path);
  const std::string known = format == "auto" ? guess_format(path) : format;
  if (known == "parquet") return open_parquet(path);
  if (known == "sequences") return open_sequences(path, SequenceFlavour::kSequences, bad_rows);
  if (known == "sessions") return open_sequences(path, SequenceFlavour::kSessions, bad_rows);
  return open_csv(path, known == "tsv" ? CsvFlavour::kTsv : known == "inter" ? CsvFlavour::kInter : CsvFlavour::kCsv, bad_rows);
}

std::unique_ptr<TableReader> open_table(const std::vector<std::string>& paths, const TableOptions& options) {
  check_format(options.format);
  return std::make_unique<FilesReader>(list_table_files(paths), options);
}

}  // namespace rechub
