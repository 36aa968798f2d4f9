#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>
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

// Rows that Arrow's parser left out. It parses blocks ahead on threads of its own, so they wait here until the thread that reads the batches comes for them.
class LeftOutRows {
 public:
  struct Row {
    int64_t number;  // in the file, from 1
    std::string message;
  };
  // Nothing is read beyond `limit` of them.
  explicit LeftOutRows(int64_t limit) : limit_(limit) {}

  arrow::csv::InvalidRowResult add(Row row) {
    const std::lock_guard lock(mutex_);
    rows_.push_back(std::move(row));
    return ++count_ > limit_ ? arrow::csv::InvalidRowResult::Error : arrow::csv::InvalidRowResult::Skip;
  }
  std::vector<Row> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(rows_, {});
  }

 private:
  const int64_t limit_;
  std::mutex mutex_;
  std::vector<Row> rows_;
  int64_t count_ = 0;
};

std::string place(const std::string& path, int64_t row) { return fmt::format("{}, row {}", path, row); }

std::string reason(const arrow::csv::InvalidRow& row, const std::string& path, const CsvHeaderRules& rules) {
  const auto open_line = rules.has_quotes ? line_with_open_quote(row.text, rules.delimiter) : std::nullopt;
  if (open_line) return fmt::format("{}: a quote (\") is not closed where a field should end: {}", place(path, row.number), shown(*open_line));
  return fmt::format("{}: expected {} fields, found {}: {}", place(path, row.number), row.expected_columns, row.actual_columns, shown(row.text));
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
    kept_.clear();
    std::shared_ptr<arrow::RecordBatch> batch;
    const arrow::Status status = reader_->ReadNext(&batch);
    num_rows_in_batch_ = batch == nullptr ? 0 : batch->num_rows();
    report_left_out(batch == nullptr);
    check_read(status);
    return batch == nullptr ? nullptr : as_text(*batch);
  }

  std::string where(int64_t row_in_batch) const override { return place(path_, physical_row(row_in_batch)); }

 private:
  void open_reader();
  void check_read(const arrow::Status& status) const;
  void report_left_out(bool is_end);
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
  std::shared_ptr<LeftOutRows> found_;                   // shared with Arrow's threads
  std::vector<LeftOutRows::Row> left_out_;               // those taken from there, ascending, also of blocks to come
  size_t num_reported_ = 0;                              // of them
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
  found_ = std::make_shared<LeftOutRows>(bad_rows_.limit());
  parse.invalid_row_handler = [found = found_, path = path_, rules = CsvHeaderRules{.delimiter = header_.delimiter, .has_quotes = has_quotes_}](const arrow::csv::InvalidRow& row) {
    return found->add({row.number, reason(row, path, rules)});
  };
  auto convert = arrow::csv::ConvertOptions::Defaults();
  for (const std::string& name : header_.names) convert.column_types[name] = arrow::binary();  // our own check names the row that is not UTF-8
  convert.include_columns = columns_;
  std::shared_ptr<arrow::io::InputStream> rows = stream_;
  if (has_quotes_) rows = mend_open_quotes(rows, {header_.delimiter, header_.names.size(), kBlockBytes});
  auto reader = arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), rows, read, parse, convert);
  if (!reader.ok()) report_left_out(true);
  check_read(reader.status());
  reader_ = std::move(reader).ValueUnsafe();
}

void CsvPart::check_read(const arrow::Status& status) const {
  if (status.ok()) return;
  const bool is_too_long = status.message().find("straddling object") != std::string::npos;
  check(!is_too_long, ErrorKind::kData, "{}, after row {}: a row is longer than {} MB; is this a file of rows?", path_, num_rows_before_ + static_cast<int64_t>(left_out_.size()),
        kBlockBytes >> 20);
  fail_arrow(status, path_);
}

// Counts what was left out before the end of the batch, or all of it at the end of the file.
void CsvPart::report_left_out(bool is_end) {
  for (LeftOutRows::Row& row : found_->take()) left_out_.push_back(std::move(row));
  const int64_t last = is_end ? std::numeric_limits<int64_t>::max() : physical_row(num_rows_in_batch_ - 1);
  for (; num_reported_ < left_out_.size() && left_out_[num_reported_].number <= last; ++num_reported_) {
    const std::string message = std::move(left_out_[num_reported_].message);  // numbers are kept, messages would be many
    bad_rows_.add(message);
  }
}

// Row numbers count from 1 and also the rows that were left out.
int64_t CsvPart::physical_row(int64_t row_in_batch) const {
  int64_t row = num_rows_before_ + (kept_.empty() ? row_in_batch : kept_[static_cast<size_t>(row_in_batch)]) + 1;
  for (size_t i = 0; i < left_out_.size() && left_out_[i].number <= row; ++i) ++row;
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
