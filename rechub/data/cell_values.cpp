#include "rechub/data/cell_values.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

namespace rechub {
namespace {

// Copies the values of an array of type Array, widened to `out`'s.
template <class Array, class Value>
CellKind copy_values(CellKind kind, const arrow::Array& values, std::vector<Value>& out) {
  const auto* raw = static_cast<const Array&>(values).raw_values();
  out.assign(raw, raw + values.length());
  return kind;
}

template <class Array>
CellKind copy_views(const arrow::Array& values, std::vector<std::string_view>& out) {
  const auto& typed = static_cast<const Array&>(values);
  out.resize(static_cast<size_t>(values.length()));
  for (int64_t i = 0; i < values.length(); ++i) out[static_cast<size_t>(i)] = typed.IsNull(i) ? std::string_view() : typed.GetView(i);
  return CellKind::kText;
}

CellKind copy_bools(const arrow::Array& values, std::vector<int64_t>& out) {
  for (int64_t i = 0; i < values.length(); ++i) out.push_back(static_cast<const arrow::BooleanArray&>(values).Value(i));
  return CellKind::kBool;
}

CellKind print_decimals(const arrow::Array& values, CellValues& cells) {
  for (int64_t i = 0; i < values.length(); ++i) {
    cells.printed.push_back(values.IsNull(i) ? "" : values.GetScalar(i).ValueOrDie()->ToString());
    cells.texts.push_back(cells.printed.back());
  }
  return CellKind::kText;
}

int64_t units_per_second(const arrow::DataType& type) {
  switch (static_cast<const arrow::TimestampType&>(type).unit()) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return 1'000'000'000;
}

// Rounds down, so that a fraction is dropped before 1970 as well.
CellKind as_seconds(std::vector<int64_t>& values, int64_t units) {
  for (int64_t& value : values) value = value / units - (value % units < 0 ? 1 : 0);
  return CellKind::kTime;
}

CellKind days_as_seconds(std::vector<int64_t>& values) {
  for (int64_t& value : values) value *= 86400;
  return CellKind::kTime;
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

std::optional<CellValues> load_dictionary(const arrow::DictionaryArray& keys) {
  auto cells = load_cell_values(*keys.dictionary());
  if (!cells) return cells;
  const std::vector<bool> is_null_value = std::move(cells->is_null);
  cells->is_null.assign(static_cast<size_t>(keys.length()), false);
  for (int64_t i = 0; i < keys.length(); ++i) {
    cells->is_null[static_cast<size_t>(i)] = keys.IsNull(i) || (!is_null_value.empty() && is_null_value[static_cast<size_t>(keys.GetValueIndex(i))]);
  }
  gather(cells->texts, keys);
  gather(cells->integers, keys);
  gather(cells->reals, keys);
  return cells;
}

// Fills the vector of the column's kind; nothing for types that have none.
std::optional<CellKind> load_values(const arrow::Array& column, CellValues& cells) {
  switch (column.type_id()) {
    case arrow::Type::NA:
      return CellKind::kNothing;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return copy_views<arrow::BinaryArray>(column, cells.texts);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return copy_views<arrow::LargeBinaryArray>(column, cells.texts);
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return copy_views<arrow::BinaryViewArray>(column, cells.texts);
    case arrow::Type::FIXED_SIZE_BINARY:
      return copy_views<arrow::FixedSizeBinaryArray>(column, cells.texts);
    case arrow::Type::INT8:
      return copy_values<arrow::Int8Array>(CellKind::kInteger, column, cells.integers);
    case arrow::Type::INT16:
      return copy_values<arrow::Int16Array>(CellKind::kInteger, column, cells.integers);
    case arrow::Type::INT32:
      return copy_values<arrow::Int32Array>(CellKind::kInteger, column, cells.integers);
    case arrow::Type::INT64:
      return copy_values<arrow::Int64Array>(CellKind::kInteger, column, cells.integers);
    case arrow::Type::UINT8:
      return copy_values<arrow::UInt8Array>(CellKind::kInteger, column, cells.integers);
    case arrow::Type::UINT16:
      return copy_values<arrow::UInt16Array>(CellKind::kInteger, column, cells.integers);
    case arrow::Type::UINT32:
      return copy_values<arrow::UInt32Array>(CellKind::kInteger, column, cells.integers);
    case arrow::Type::UINT64:
      return copy_values<arrow::UInt64Array>(CellKind::kUnsigned, column, cells.integers);
    case arrow::Type::FLOAT:
      return copy_values<arrow::FloatArray>(CellKind::kReal, column, cells.reals);
    case arrow::Type::DOUBLE:
      return copy_values<arrow::DoubleArray>(CellKind::kReal, column, cells.reals);
    case arrow::Type::BOOL:
      return copy_bools(column, cells.integers);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return print_decimals(column, cells);
    case arrow::Type::TIMESTAMP:
      copy_values<arrow::TimestampArray>(CellKind::kTime, column, cells.integers);
      return as_seconds(cells.integers, units_per_second(*column.type()));
    case arrow::Type::DATE32:
      copy_values<arrow::Date32Array>(CellKind::kTime, column, cells.integers);
      return days_as_seconds(cells.integers);
    case arrow::Type::DATE64:
      copy_values<arrow::Date64Array>(CellKind::kTime, column, cells.integers);
      return as_seconds(cells.integers, 1000);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<CellValues> load_cell_values(const arrow::Array& column) {
  if (column.type_id() == arrow::Type::DICTIONARY) return load_dictionary(static_cast<const arrow::DictionaryArray&>(column));
  CellValues cells;
  const auto kind = load_values(column, cells);
  if (!kind) return std::nullopt;
  cells.kind = *kind;
  if (column.null_count() > 0) {
    cells.is_null.resize(static_cast<size_t>(column.length()));
    for (int64_t i = 0; i < column.length(); ++i) cells.is_null[static_cast<size_t>(i)] = column.IsNull(i);
  }
  return cells;
}

}  // namespace rechub
