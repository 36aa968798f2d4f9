#include "rechub/data/cells.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/text_input.h"
#include "rechub/data/time_text.h"

namespace rechub {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Cells::Cells(TableReader& reader, const arrow::RecordBatch& batch, int column)
    : reader_(reader), name_(batch.schema()->field(column)->name()), type_(batch.column(column)->type()->ToString()), size_(batch.num_rows()), column_(batch.column(column)) {
  auto values = load_cell_values(*column_);
  check(values.has_value(), ErrorKind::kData, "{}: the column '{}' holds {}; one text, number or time a cell is expected", reader_.where(0), name_, type_);
  values_ = std::move(*values);
  is_utf8_ = std::all_of(values_.texts.begin(), values_.texts.end(), [](std::string_view text) { return is_utf8(text); });
}

void Cells::take_as_ids() {
  if (values_.kind == CellKind::kReal) {
    const arrow::DataType& type = *column_->type();
    const auto number = type.id() == arrow::Type::DICTIONARY ? static_cast<const arrow::DictionaryType&>(type).value_type()->id() : type.id();
    const double limit = number == arrow::Type::DOUBLE ? 0x1p53 : 0x1p24;  // from which on several whole numbers are one of these
    values_.integers.assign(values_.reals.size(), 0);
    std::vector<bool> is_null(values_.reals.size());
    for (int64_t row = 0; row < size_; ++row) {
      is_null[row] = is_missing(row);
      if (is_null[row]) continue;
      const double value = values_.reals[row];
      check(value == std::trunc(value) && std::abs(value) < limit, ErrorKind::kData,
            "{}, column '{}': {} is no id, as ids are text or whole numbers (of {} below {}); cast the column to int64 or text, or name another one as the id", reader_.where(row),
            name_, found(row), type_, limit);
      values_.integers[row] = static_cast<int64_t>(value);
    }
    values_.is_null = std::move(is_null);
    values_.kind = CellKind::kInteger;
  }
  check(is_text() || is_integer() || values_.kind == CellKind::kNothing, ErrorKind::kData,
        "{}, column '{}': it holds {}; ids are text or whole numbers, so cast it to int64 or text in the file, or name another column as the id",
        size_ > 0 ? reader_.where(0) : "the file", name_, type_);
}

bool Cells::is_missing(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  if (values_.kind == CellKind::kNothing || (!values_.is_null.empty() && values_.is_null[i])) return true;
  if (values_.kind == CellKind::kText) return values_.texts[i].empty();
  return values_.kind == CellKind::kReal && std::isnan(values_.reals[i]);
}

// The cell as text; of the types that are not text, too.
std::string Cells::found(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  if (is_missing(row)) return "";
  switch (values_.kind) {
    case CellKind::kText:
      return std::string(values_.texts[i]);
    case CellKind::kInteger:
      return std::to_string(values_.integers[i]);
    case CellKind::kUnsigned:
      return std::to_string(static_cast<uint64_t>(values_.integers[i]));
    case CellKind::kReal:
      return fmt::format("{}", values_.reals[i]);
    case CellKind::kBool:
      return values_.integers[i] != 0 ? "true" : "false";
    case CellKind::kTime:
      return value_of(column_->GetScalar(row), name_)->ToString();
    case CellKind::kNothing:
      break;
  }
  return "";
}

std::nullopt_t Cells::report(int64_t row, const char* expected) {
  reader_.skip_bad_row(row, name_,
                       is_missing(row) ? fmt::format("expected {}, but the cell is empty", expected) : fmt::format("expected {}, found '{}'", expected, shown(found(row))));
  return std::nullopt;
}

std::optional<std::string_view> Cells::text(int64_t row) {
  if (is_missing(row)) return std::string_view();
  if (values_.kind == CellKind::kText) {
    const std::string_view value = values_.texts[static_cast<size_t>(row)];
    if (!is_utf8_ && !is_utf8(value)) return report(row, "UTF-8 text");
    return value;
  }
  return printed_.emplace_back(found(row));
}

std::optional<int64_t> Cells::integer(int64_t row) {
  constexpr const char* kExpected = "a whole number";
  if (is_missing(row)) return report(row, kExpected);
  const auto i = static_cast<size_t>(row);
  if (values_.kind == CellKind::kInteger || values_.kind == CellKind::kBool) return values_.integers[i];
  if (values_.kind == CellKind::kUnsigned && values_.integers[i] >= 0) return values_.integers[i];
  if (values_.kind == CellKind::kText) {
    if (const auto value = parse<int64_t>(trimmed(values_.texts[i]))) return value;
  }
  return report(row, values_.kind == CellKind::kUnsigned ? "a whole number of 64 bits with sign" : kExpected);
}

std::optional<double> Cells::number(int64_t row) {
  if (is_missing(row)) return kMissing;
  const auto i = static_cast<size_t>(row);
  double value = 0;
  switch (values_.kind) {
    case CellKind::kReal:
      value = values_.reals[i];
      break;
    case CellKind::kUnsigned:
      value = static_cast<double>(static_cast<uint64_t>(values_.integers[i]));
      break;
    case CellKind::kText: {
      const std::string_view text = trimmed(values_.texts[i]);
      const auto parsed = parse<double>(text);
      if (text.empty() || (parsed && std::isnan(*parsed))) return kMissing;
      if (!parsed) return report(row, "a number");
      value = *parsed;
      break;
    }
    default:
      value = static_cast<double>(values_.integers[i]);
  }
  if (!std::isfinite(value)) return report(row, "a finite number");
  return value;
}

bool Cells::is_date(int64_t row) const {
  if (values_.kind != CellKind::kText) return false;
  const std::string_view text = trimmed(values_.texts[static_cast<size_t>(row)]);
  return text.size() >= 10 && text[4] == '-';
}

std::optional<int64_t> Cells::time(int64_t row) {
  constexpr const char* kExpected = "a time (a number, 2014-07-23 or 2014-07-23 10:00:00)";
  if (is_missing(row)) return report(row, kExpected);
  const auto i = static_cast<size_t>(row);
  if (values_.kind == CellKind::kInteger || values_.kind == CellKind::kTime) return values_.integers[i];
  if (values_.kind == CellKind::kReal && std::abs(values_.reals[i]) < 9e18) return static_cast<int64_t>(std::floor(values_.reals[i]));
  if (values_.kind == CellKind::kUnsigned && values_.integers[i] >= 0) return values_.integers[i];
  if (values_.kind == CellKind::kText) {
    if (const auto value = parse_time(trimmed(values_.texts[i]))) return value;
  }
  return report(row, kExpected);
}

}  // namespace rechub
