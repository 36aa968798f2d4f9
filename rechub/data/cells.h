#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rechub/data/table.h"

namespace arrow {
class Array;
}

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
  bool is_text() const { return kind_ == Kind::kText; }
  bool is_integer() const { return kind_ == Kind::kInteger || kind_ == Kind::kUnsigned; }
  void require_ids() const;  // throws kData unless the cells are text or whole numbers: 1.0 is no id

  bool is_missing(int64_t row) const;                 // null, empty text or NaN
  std::optional<std::string_view> text(int64_t row);  // as it stands; numbers as we print them; "" where missing. Nothing: not UTF-8
  std::optional<int64_t> integer(int64_t row);        // exact. Nothing: missing, 1.0, 1e3, beyond 64 bits
  std::optional<double> number(int64_t row);          // NaN where missing. Nothing: not a finite number
  std::optional<int64_t> time(int64_t row);           // timestamps and dates of any unit in seconds since 1970; else as parse_time (time_text.h). Nothing: missing or no time

 private:
  enum class Kind { kNothing, kText, kInteger, kUnsigned, kReal, kBool, kTime };
  void load(const arrow::Array& values);
  void load_dictionary(const arrow::Array& values);
  void load_printed(const arrow::Array& values);
  std::string found(int64_t row) const;
  std::nullopt_t report(int64_t row, const char* expected);

  TableReader& reader_;
  std::string name_, type_;
  Kind kind_ = Kind::kNothing;
  int64_t size_ = 0;
  std::shared_ptr<arrow::Array> column_;  // keeps the text alive
  std::vector<bool> is_null_;             // empty: no cell is null
  std::vector<std::string_view> texts_;   // kText
  bool is_utf8_ = true;                   // all of texts_
  std::vector<int64_t> integers_;         // kInteger, kUnsigned (the bits), kBool, kTime (seconds)
  std::vector<double> reals_;             // kReal
  std::deque<std::string> printed_;       // text made for other types
};

}  // namespace rechub
