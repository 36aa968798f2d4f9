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

template <class Array, class Value>
void copy_values(const arrow::Array& values, std::vector<Value>& out) {
  const auto* raw = static_cast<const Array&>(values).raw_values();
  out.assign(raw, raw + values.length());
}

template <class Array>
void copy_views(const arrow::Array& values, std::vector<std::string_view>& out) {
  const auto& typed = static_cast<const Array&>(values);
  out.resize(static_cast<size_t>(values.length()));
  for (int64_t i = 0; i < values.length(); ++i) out[static_cast<size_t>(i)] = typed.IsNull(i) ? std::string_view() : typed.GetView(i);
}

int64_t units_per_second(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

// Rounds down, so that a fraction is dropped before 1970 as well.
void divide(std::vector<int64_t>& values, int64_t divisor) {
  for (int64_t& value : values) value = value / divisor - (value % divisor < 0 ? 1 : 0);
}

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

template <class Value>
void gather(std::vector<Value>& values, const arrow::DictionaryArray& keys) {
  if (values.empty()) return;
  std::vector<Value> result(static_cast<size_t>(keys.length()));
  for (int64_t i = 0; i < keys.length(); ++i) {
    if (!keys.IsNull(i)) result[static_cast<size_t>(i)] = values[static_cast<size_t>(keys.GetValueIndex(i))];
  }
  values = std::move(result);
}

}  // namespace

Cells::Cells(TableReader& reader, const arrow::RecordBatch& batch, int column)
    : reader_(reader), name_(batch.schema()->field(column)->name()), type_(batch.column(column)->type()->ToString()), size_(batch.num_rows()), column_(batch.column(column)) {
  load(*column_);
  if (kind_ != Kind::kText) return;
  is_utf8_ = std::all_of(texts_.begin(), texts_.end(), [](std::string_view text) { return is_utf8(text); });
}

void Cells::load(const arrow::Array& values) {
  if (values.null_count() > 0) {
    is_null_.resize(static_cast<size_t>(values.length()));
    for (int64_t i = 0; i < values.length(); ++i) is_null_[static_cast<size_t>(i)] = values.IsNull(i);
  }
  switch (values.type_id()) {
    case arrow::Type::NA:
      return;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      kind_ = Kind::kText;
      return copy_views<arrow::BinaryArray>(values, texts_);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      kind_ = Kind::kText;
      return copy_views<arrow::LargeBinaryArray>(values, texts_);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      kind_ = Kind::kText;
      return copy_views<arrow::BinaryViewArray>(values, texts_);
    case arrow::Type::FIXED_SIZE_BINARY:
      kind_ = Kind::kText;
      return copy_views<arrow::FixedSizeBinaryArray>(values, texts_);
    case arrow::Type::INT8:
      kind_ = Kind::kInteger;
      return copy_values<arrow::Int8Array>(values, integers_);
    case arrow::Type::INT16:
      kind_ = Kind::kInteger;
      return copy_values<arrow::Int16Array>(values, integers_);
    case arrow::Type::INT32:
      kind_ = Kind::kInteger;
      return copy_values<arrow::Int32Array>(values, integers_);
    case arrow::Type::INT64:
      kind_ = Kind::kInteger;
      return copy_values<arrow::Int64Array>(values, integers_);
    case arrow::Type::UINT8:
      kind_ = Kind::kInteger;
      return copy_values<arrow::UInt8Array>(values, integers_);
    case arrow::Type::UINT16:
      kind_ = Kind::kInteger;
      return copy_values<arrow::UInt16Array>(values, integers_);
    case arrow::Type::UINT32:
      kind_ = Kind::kInteger;
      return copy_values<arrow::UInt32Array>(values, integers_);
    case arrow::Type::UINT64:
      kind_ = Kind::kUnsigned;
      return copy_values<arrow::UInt64Array>(values, integers_);
    case arrow::Type::FLOAT:
      kind_ = Kind::kReal;
      return copy_values<arrow::FloatArray>(values, reals_);
    case arrow::Type::DOUBLE:
      kind_ = Kind::kReal;
      return copy_values<arrow::DoubleArray>(values, reals_);
    case arrow::Type::TIMESTAMP:
      kind_ = Kind::kTime;
      copy_values<arrow::TimestampArray>(values, integers_);
      return divide(integers_, units_per_second(static_cast<const arrow::TimestampType&>(*values.type()).unit()));
    case arrow::Type::DATE32:
      kind_ = Kind::kTime;
      copy_values<arrow::Date32Array>(values, integers_);
      for (int64_t& day : integers_) day *= 86400;
      return;
    case arrow::Type::DATE64:
      kind_ = Kind::kTime;
      copy_values<arrow::Date64Array>(values, integers_);
      return divide(integers_, 1000);
    case arrow::Type::BOOL:
      kind_ = Kind::kBool;
      for (int64_t i = 0; i < values.length(); ++i) integers_.push_back(static_cast<const arrow::BooleanArray&>(values).Value(i));
      return;
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return load_printed(values);
    case arrow::Type::DICTIONARY:
      return load_dictionary(values);
    default:
      fail(ErrorKind::kData, "{}: the column '{}' holds {}; one text, number or time a cell is expected", reader_.where(0), name_, type_);
  }
}

void Cells::load_printed(const arrow::Array& values) {
  kind_ = Kind::kText;
  for (int64_t i = 0; i < values.length(); ++i) {
    printed_.push_back(values.IsNull(i) ? "" : value_of(values.GetScalar(i), name_)->ToString());
    texts_.push_back(printed_.back());
  }
}

void Cells::load_dictionary(const arrow::Array& values) {
  const auto& keys = static_cast<const arrow::DictionaryArray&>(values);
  const std::vector<bool> no_key = std::move(is_null_);
  is_null_.clear();
  load(*keys.dictionary());
  const std::vector<bool> no_value = std::move(is_null_);
  is_null_.assign(static_cast<size_t>(keys.length()), false);
  for (size_t i = 0; i < is_null_.size(); ++i)
    is_null_[i] = (!no_key.empty() && no_key[i]) || (!no_value.empty() && no_value[static_cast<size_t>(keys.GetValueIndex(static_cast<int64_t>(i)))]);
  gather(texts_, keys);
  gather(integers_, keys);
  gather(reals_, keys);
}

void Cells::require_ids() const {
  const bool may_be_ids = kind_ == Kind::kText || is_integer() || kind_ == Kind::kNothing;
  check(may_be_ids, ErrorKind::kData, "the column '{}' holds {}; ids are text or whole numbers, so cast it to int64 or text in the file", name_, type_);
}

bool Cells::is_missing(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  if (kind_ == Kind::kNothing || (!is_null_.empty() && is_null_[i])) return true;
  if (kind_ == Kind::kText) return texts_[i].empty();
  return kind_ == Kind::kReal && std::isnan(reals_[i]);
}

// The cell as text; of the types that are not text, too.
std::string Cells::found(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  if (is_missing(row)) return "";
  switch (kind_) {
    case Kind::kText:
      return std::string(texts_[i]);
    case Kind::kInteger:
      return std::to_string(integers_[i]);
    case Kind::kUnsigned:
      return std::to_string(static_cast<uint64_t>(integers_[i]));
    case Kind::kReal:
      return fmt::format("{}", reals_[i]);
    case Kind::kBool:
      return integers_[i] != 0 ? "true" : "false";
    case Kind::kTime:
      return value_of(column_->GetScalar(row), name_)->ToString();
    case Kind::kNothing:
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
  if (kind_ == Kind::kText) {
    const std::string_view value = texts_[static_cast<size_t>(row)];
    if (!is_utf8_ && !is_utf8(value)) return report(row, "UTF-8 text");
    return value;
  }
  return printed_.emplace_back(found(row));
}

std::optional<int64_t> Cells::integer(int64_t row) {
  constexpr const char* kExpected = "a whole number";
  if (is_missing(row)) return report(row, kExpected);
  const auto i = static_cast<size_t>(row);
  if (kind_ == Kind::kInteger || kind_ == Kind::kBool) return integers_[i];
  if (kind_ == Kind::kUnsigned && integers_[i] >= 0) return integers_[i];
  if (kind_ == Kind::kText) {
    if (const auto value = parse<int64_t>(trimmed(texts_[i]))) return value;
  }
  return report(row, kind_ == Kind::kUnsigned ? "a whole number of 64 bits with sign" : kExpected);
}

std::optional<double> Cells::number(int64_t row) {
  if (is_missing(row)) return kMissing;
  const auto i = static_cast<size_t>(row);
  double value = 0;
  switch (kind_) {
    case Kind::kReal:
      value = reals_[i];
      break;
    case Kind::kUnsigned:
      value = static_cast<double>(static_cast<uint64_t>(integers_[i]));
      break;
    case Kind::kText: {
      const std::string_view text = trimmed(texts_[i]);
      const auto parsed = parse<double>(text);
      if (text.empty() || (parsed && std::isnan(*parsed))) return kMissing;
      if (!parsed) return report(row, "a number");
      value = *parsed;
      break;
    }
    default:
      value = static_cast<double>(integers_[i]);
  }
  if (!std::isfinite(value)) return report(row, "a finite number");
  return value;
}

std::optional<int64_t> Cells::time(int64_t row) {
  constexpr const char* kExpected = "a time (a number, 2014-07-23 or 2014-07-23 10:00:00)";
  if (is_missing(row)) return report(row, kExpected);
  const auto i = static_cast<size_t>(row);
  if (kind_ == Kind::kInteger || kind_ == Kind::kTime) return integers_[i];
  if (kind_ == Kind::kReal && std::abs(reals_[i]) < 9e18) return static_cast<int64_t>(std::floor(reals_[i]));
  if (kind_ == Kind::kUnsigned && integers_[i] >= 0) return integers_[i];
  if (kind_ == Kind::kText) {
    if (const auto value = parse_time(trimmed(texts_[i]))) return value;
  }
  return report(row, kExpected);
}

}  // namespace rechub
