#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rechub/data/cell_values.h"
#include "rechub/data/table.h"

namespace rechub {

// A column of a batch, read cell by cell, whatever its Arrow type: text, whole and decimal numbers, bool, timestamps, dates, and dictionaries of them.
//
//     Cells time(reader, *batch, column);
//     const auto seconds = time.time(row);
//     if (!seconds) continue;                 // the row is bad: it was counted, leave it out
//
// A getter that returns nothing has reported the row to TableReader::skip_bad_row, with row, column, what was expected and what was found; once there are more bad rows than
// allowed that throws kData. Views stay valid as long as the object. Not thread-safe.
class Cells {
 public:
  // Of a batch that `reader` returned last; both must outlive this. Throws kData for a column that has no single value a cell (list, struct, ...), naming column and type.
  Cells(TableReader& reader, const arrow::RecordBatch& batch, int column);

  int64_t size() const { return size_; }
  const std::string& name() const { return name_; }

  // How the cells are stored. Text may still spell numbers.
  bool is_text() const { return values_.kind == CellKind::kText; }
  bool is_integer() const { return values_.kind == CellKind::kInteger || values_.kind == CellKind::kUnsigned; }
  // Takes the cells for ids, before any is read. Decimal numbers become the whole ones they are (pandas makes 1.0 of 1 where the column has a hole), NaN a missing cell. Throws
  // kData for what is neither text nor a whole number, naming its row.
  void take_as_ids();

  bool is_missing(int64_t row) const;                 // null, empty text or NaN
  std::optional<std::string_view> text(int64_t row);  // as it stands; numbers as we print them; "" where missing. Nothing: not UTF-8
  std::optional<int64_t> integer(int64_t row);        // exact. Nothing: missing, 1.0, 1e3, beyond 64 bits
  std::optional<double> number(int64_t row);          // NaN where missing. Nothing: not a finite number
  std::optional<int64_t> time(int64_t row);           // timestamps and dates of any unit in seconds since 1970; else as parse_time (time_text.h). Nothing: missing or no time
  bool is_date(int64_t row) const;                    // of a cell that time() reads: a date or moment in text, no number

 private:
  std::string found(int64_t row) const;
  std::nullopt_t report(int64_t row, const char* expected);

  TableReader& reader_;
  std::string name_, type_;
  int64_t size_ = 0;
  std::shared_ptr<arrow::Array> column_;
  CellValues values_;
  bool is_utf8_ = true;              // all texts
  std::deque<std::string> printed_;  // texts made by text()
};

}  // namespace rechub
