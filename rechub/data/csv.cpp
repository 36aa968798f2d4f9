#include <algorithm>
#include <optional>
#include <utility>

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/csv/api.h>
#include <arrow/io/buffered.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/csv_header.h"
#include "rechub/data/open_quotes.h"
#include "rechub/data/table_part.h"
#include "rechub/data/text_input.h"

namespace rechub {
namespace {

// Arrow's reader wants every row within one block, and reads up to 32 blocks ahead.
constexpr int32_t kBlockBytes = 1 << 20;

CsvHeaderRules header_rules(CsvFlavour flavour) {
  switch (flavour) {
    case CsvFlavour::kTsv:
      return {.delimiter = '\t'};
    case CsvFlavour::kInter:
      return {.delimiter = '\t', .has_quotes = false, .strip_types = true};
    case CsvFlavour::kCsv:
      break;
  }
  return {};
}

std::shared_ptr<arrow::Schema> schema_of(const CsvHeader& header) {
  arrow::FieldVector fields;
  for (size_t i = 0; i < header.names.size(); ++i) {
    const auto metadata = header.types[i].empty() ? nullptr : arrow::key_value_metadata({"recbole_type"}, {header.types[i]});
    fields.push_back(arrow::field(header.names[i], arrow::utf8(), false, metadata));
  }
  return arrow::schema(std::move(fields));
}

// Rows of a column whose text is not UTF-8. A run of values that is UTF-8 as a whole may still be cut inside a character, so no value may start with a continuation byte.
void find_non_utf8(const arrow::BinaryArray& column, std::vector<int64_t>& rows) {
  if (column.length() == 0) return;
  const auto* bytes = reinterpret_cast<const char*>(column.raw_data());
  const std::string_view whole(bytes + column.value_offset(0), static_cast<size_t>(column.total_values_length()));
  bool is_valid = is_utf8(whole);
  for (int64_t i = 0; i < column.length() && is_valid; ++i) {
    const std::string_view value = column.GetView(i);
    is_valid = value.empty() || (static_cast<unsigned char>(value[0]) & 0xc0) != 0x80;
  }
  if (is_valid) return;
  for (int64_t i = 0; i < column.length(); ++i) {
    if (!is_utf8(column.GetView(i))) rows.push_back(i);
  }
}

class CsvPart : public TablePart {
 public:
  CsvPart(const std::string& path, CsvFlavour flavour, BadRows& bad_rows) : path_(path), bad_rows_(bad_rows), has_quotes_(header_rules(flavour).has_quotes) {
    TextInput input = open_text(path);
    header_ = read_csv_header(input.head, header_rules(flavour), path);
    schema_ = schema_of(header_);
    stream_ = std::move(input.stream);
    check_arrow(stream_->Advance(static_cast<int64_t>(header_.size)), path);
    is_empty_ = value_of(stream_->Peek(1), path).empty();
    select(header_.names);
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  bool is_empty() const override { return is_empty_; }
  void select(const std::vector<std::string>& columns) override {
    columns_ = columns;
    arrow::FieldVector fields;
    for (const std::string& name : columns) fields.push_back(schema_->GetFieldByName(name));
    selected_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    if (is_empty_) return nullptr;
    if (reader_ == nullptr) open_reader();
    num_rows_before_ += num_rows_in_batch_;
    std::shared_ptr<arrow::RecordBatch> batch;
    check_read(reader_->ReadNext(&batch));
    kept_.clear();
    num_rows_in_batch_ = batch == nullptr ? 0 : batch->num_rows();
    return batch == nullptr ? nullptr : as_text(*batch);
  }

  std::string where(int64_t row_in_batch) const override { return place(physical_row(row_in_batch)); }

 private:
  std::string place(int64_t row) const { return fmt::format("{}, row {}", path_, row); }
  void open_reader();
  void check_read(const arrow::Status& status) const;
  arrow::csv::InvalidRowResult leave_out(const arrow::csv::InvalidRow& row);
  int64_t physical_row(int64_t row_in_batch) const;
  std::shared_ptr<arrow::RecordBatch> as_text(const arrow::RecordBatch& batch);
  std::vector<int64_t> non_utf8_rows(const arrow::RecordBatch& batch);

  std::string path_;
  BadRows& bad_rows_;
  bool has_quotes_, is_empty_ = false;
  CsvHeader header_;
  std::shared_ptr<arrow::Schema> schema_, selected_;
  std::vector<std::string> columns_;
  std::shared_ptr<arrow::io::BufferedInputStream> stream_;
  std::shared_ptr<arrow::csv::StreamingReader> reader_;
  std::optional<Error> too_many_;                        // what the callback could not throw through Arrow
  std::vector<int64_t> left_out_;                        // physical numbers of the rows that Arrow skipped, ascending
  std::vector<int64_t> kept_;                            // where rows of the batch were left out: their numbers before that
  int64_t num_rows_before_ = 0, num_rows_in_batch_ = 0;  // as Arrow gave them
};

void CsvPart::open_reader() {
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;  // rows have numbers only then
  read.block_size = kBlockBytes;
  read.column_names = header_.names;
  auto parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = header_.delimiter;
  parse.quoting = has_quotes_;
  parse.newlines_in_values = has_quotes_;
  parse.invalid_row_handler = [this](const arrow::csv::InvalidRow& row) { return leave_out(row); };
  auto convert = arrow::csv::ConvertOptions::Defaults();
  for (const std::string& name : header_.names) convert.column_types[name] = arrow::binary();  // our own check names the row that is not UTF-8
  convert.include_columns = columns_;
  std::shared_ptr<arrow::io::InputStream> rows = stream_;
  if (has_quotes_) rows = mend_open_quotes(rows, {header_.delimiter, header_.names.size(), kBlockBytes});
  auto reader = arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), rows, read, parse, convert);
  check_read(reader.status());
  reader_ = std::move(reader).ValueUnsafe();
}

void CsvPart::check_read(const arrow::Status& status) const {
  if (too_many_) throw *too_many_;
  if (status.ok()) return;
  const bool is_too_long = status.message().find("straddling object") != std::string::npos;
  check(!is_too_long, ErrorKind::kData, "{}, after row {}: a row is longer than {} MB; is this a file of rows?", path_, num_rows_before_ + static_cast<int64_t>(left_out_.size()),
        kBlockBytes >> 20);
  fail_arrow(status, path_);
}

arrow::csv::InvalidRowResult CsvPart::leave_out(const arrow::csv::InvalidRow& row) {
  left_out_.push_back(row.number);
  const auto open_line = has_quotes_ ? line_with_open_quote(row.text, header_.delimiter) : std::nullopt;
  try {
    bad_rows_.add(open_line ? fmt::format("{}: a quote (\") is not closed where a field should end: {}", place(row.number), shown(*open_line))
                            : fmt::format("{}: expected {} fields, found {}: {}", place(row.number), row.expected_columns, row.actual_columns, shown(row.text)));
    return arrow::csv::InvalidRowResult::Skip;
  } catch (const Error& error) {
    too_many_ = error;
    return arrow::csv::InvalidRowResult::Error;
  }
}

// Row numbers count from 1 and also the rows that were left out.
int64_t CsvPart::physical_row(int64_t row_in_batch) const {
  int64_t row = num_rows_before_ + (kept_.empty() ? row_in_batch : kept_[static_cast<size_t>(row_in_batch)]) + 1;
  for (size_t i = 0; i < left_out_.size() && left_out_[i] <= row; ++i) ++row;
  return row;
}

std::vector<int64_t> CsvPart::non_utf8_rows(const arrow::RecordBatch& batch) {
  std::vector<int64_t> all;
  for (int i = 0; i < batch.num_columns(); ++i) {
    std::vector<int64_t> rows;
    find_non_utf8(static_cast<const arrow::BinaryArray&>(*batch.column(i)), rows);
    for (const int64_t row : rows) {
      if (std::binary_search(all.begin(), all.end(), row)) continue;
      const auto text = static_cast<const arrow::BinaryArray&>(*batch.column(i)).GetView(row);
      bad_rows_.add(fmt::format("{}, column '{}': the text is not UTF-8: {}", where(row), columns_[static_cast<size_t>(i)], shown(text)));
    }
    std::vector<int64_t> merged;
    std::set_union(all.begin(), all.end(), rows.begin(), rows.end(), std::back_inserter(merged));
    all = std::move(merged);
  }
  return all;
}

// The batch with utf8 columns, without the rows that are not UTF-8.
std::shared_ptr<arrow::RecordBatch> CsvPart::as_text(const arrow::RecordBatch& batch) {
  const std::vector<int64_t> bad = non_utf8_rows(batch);
  for (int64_t row = 0; row < batch.num_rows() && !bad.empty(); ++row) {
    if (!std::binary_search(bad.begin(), bad.end(), row)) kept_.push_back(row);
  }
  arrow::ArrayVector columns;
  for (auto column : batch.columns()) {
    if (!bad.empty()) {
      arrow::ArrayVector pieces = {column->Slice(0, bad[0])};
      for (size_t i = 0; i < bad.size(); ++i) {
        const int64_t end = i + 1 < bad.size() ? bad[i + 1] : batch.num_rows();
        pieces.push_back(column->Slice(bad[i] + 1, end - bad[i] - 1));
      }
      column = value_of(arrow::Concatenate(pieces), path_);
    }
    columns.push_back(value_of(column->View(arrow::utf8()), path_));
  }
  return arrow::RecordBatch::Make(selected_, batch.num_rows() - static_cast<int64_t>(bad.size()), std::move(columns));
}

}  // namespace

std::unique_ptr<TablePart> open_csv(const std::string& path, CsvFlavour flavour, BadRows& bad_rows) { return std::make_unique<CsvPart>(path, flavour, bad_rows); }

}  // namespace rechub
