#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

namespace rechub {

// Counts the rows that had to be left out, over all files of a table.
class BadRows {
 public:
  explicit BadRows(int64_t limit) : limit_(limit) {}
  int64_t count() const { return count_; }
  int64_t limit() const { return limit_; }
  void add(const std::string& message);  // "FILE, row N, column 'x': reason"; throws kData with it once there are more than the limit

 private:
  int64_t limit_;
  int64_t count_ = 0;
};

// One file of a table: what each format implements. Opening reads the head of the file only.
class TablePart {
 public:
  virtual ~TablePart() = default;
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;  // all columns of the file
  virtual bool is_empty() const = 0;                          // surely no rows
  virtual int64_t num_rows_hint() const { return -1; }
  virtual void select(const std::vector<std::string>& columns) = 0;  // before the first next(): these columns, in this order
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;            // null at the end
  virtual std::string where(int64_t row_in_batch) const = 0;         // "FILE, row N"
};

// `format` is a name of TableOptions, "auto" included.
std::unique_ptr<TablePart> open_part(const std::string& path, const std::string& format, BadRows& bad_rows);

std::unique_ptr<TablePart> open_parquet(const std::string& path);

// Text formats. All leave out rows that they cannot read and report them to `bad_rows`, which must outlive the part.
enum class CsvFlavour { kCsv, kTsv, kInter };
std::unique_ptr<TablePart> open_csv(const std::string& path, CsvFlavour flavour, BadRows& bad_rows);
enum class SequenceFlavour { kSequences, kSessions };
std::unique_ptr<TablePart> open_sequences(const std::string& path, SequenceFlavour flavour, BadRows& bad_rows);

}  // namespace rechub
