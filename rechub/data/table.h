#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace rechub {

// How to read a file of rows. The command line's data flags map onto it one to one.
struct TableOptions {
  std::string format = "auto";  // auto (by file name and first line), csv, tsv, parquet, inter (RecBole .inter/.user/.item), sequences, sessions
  int64_t max_bad_rows = 0;     // rows with a wrong number of fields, unreadable ids or text that is not UTF-8: so many are skipped and counted, the next one is an error
};

// A stream of record batches from one or more files of the same columns. Text formats give every column as utf8 (conversion happens where the column's use is known);
// Parquet gives its own types. `sequences` and `sessions` give the columns user (utf8, or int64: the number of the line in its file) and item, one row an event, in file order.
// Gzip (.gz) is read for every text format. A directory means its part files in name order (hidden files, _SUCCESS and other names with a leading _ or . are skipped);
// hive-style key=value folders add their key as a utf8 column.
class TableReader {
 public:
  virtual ~TableReader() = default;
  // A field of a RecBole file carries its type (token, float, token_seq, float_seq) as metadata "recbole_type".
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  // Before the first next(): schema() and batches hold these columns only, in this order; the rest is not decoded.
  virtual void select(const std::vector<std::string>& columns) = 0;
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;     // null at the end; throws Error{kData} with file, row (1-based, the header not counted) and column
  virtual std::string where(int64_t row_in_batch) const = 0;  // "FILE, row N" of a row of the batch returned last ("FILE, line N" for sequences and sessions)
  virtual int64_t num_rows_hint() const = 0;                  // total rows if cheaply known (Parquet footers), else -1
  virtual int64_t num_bad_rows() const = 0;                   // skipped so far
  virtual void skip_bad_row(int64_t row_in_batch, const std::string& column, const std::string& reason) = 0;  // counts it; throws kData past max_bad_rows
};

// Throws kNotFound for a missing file (with the nearest name in its folder), kData for an empty or unreadable one.
std::unique_ptr<TableReader> open_table(const std::vector<std::string>& paths, const TableOptions& options);

// Which column plays a part. `wanted` is what the user named ("" if not); otherwise the usual names are tried: exact ones first, then names ending in them (user, user_id, userId,
// uid, household_id, session_id, visitor_id, customer_id ...; item, item_id, itemId, movie_id, product_id, asin, sku, ...; timestamp, time, ts, date, datetime, ...; rating,
// weight, ...). Returns the column's index or -1; throws kData if `wanted` is not there, naming the nearest column and all columns, or if two columns fit equally well.
enum class ColumnRole { kUser, kItem, kTime, kWeight, kSession };
int find_column(const arrow::Schema& schema, ColumnRole role, const std::string& wanted);

}  // namespace rechub
