#include "rechub/matching/column_reader.h"

#include <cmath>
#include <type_traits>

#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/base/options.h"
#include "rechub/data/vocabulary.h"

namespace rechub::matching {
namespace {

// The whole number at a place; floats that are whole numbers are accepted, as data frames make them of integer columns with gaps.
template <class T>
int64_t whole_number(T value, const std::string& name, int64_t row) {
  if constexpr (std::is_floating_point_v<T>) {
    check(std::floor(value) == value && std::abs(value) < 9e15, ErrorKind::kData, "{}, row {}: expected a whole number, got {}", name, row, value);
  }
  return static_cast<int64_t>(value);
}

int32_t code_of(int64_t id, int64_t vocab_size, const std::string& name, int64_t row) {
  check(id >= 0 && id < vocab_size, ErrorKind::kData, "{}, row {}: the id {} is not in 0 to {}; raise the feature's vocab_size of {}, or number the ids anew", name, row, id,
        vocab_size - 1, vocab_size);
  return static_cast<int32_t>(id) + kFirstIndex;
}

template <class T>
void append_ids(const Column& column, std::span<const T> values, int64_t vocab_size, FeatureValues& out) {
  const std::string& name = out.spec.name;
  check(column.width() == 1, ErrorKind::kShape, "{}: expected one id a row, got {}; a list of ids is a SequenceFeature", name,
        column.is_list() ? "lists" : fmt::format("{} numbers", column.width()));
  out.codes.reserve(out.codes.size() + values.size());
  for (size_t row = 0; row < values.size(); ++row) {
    const auto place = static_cast<int64_t>(row);
    out.codes.push_back(code_of(whole_number(values[row], name, place), vocab_size, name, place));
  }
}

template <class T>
void append_lists(const Column& column, std::span<const T> values, int64_t vocab_size, FeatureValues& out) {
  const std::string& name = out.spec.name;
  for (int64_t row = 0; row < column.num_rows(); ++row) {
    int64_t begin = column.row_begin(row), end = column.row_begin(row + 1);
    while (begin < end && values[begin] == 0) ++begin;
    while (begin < end && values[end - 1] == 0) --end;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t id = whole_number(values[i], name, row);
      check(id != 0, ErrorKind::kData, "{}, row {}: 0 stands inside the list, at position {}; 0 is padding and belongs at the ends. Remove it, or number the ids from 1", name, row,
            i - column.row_begin(row));
      out.codes.push_back(code_of(id, vocab_size, name, row));
    }
    out.offsets.push_back(static_cast<int64_t>(out.codes.size()));
  }
}

template <class T>
void append_numbers(const Column& column, std::span<const T> values, FeatureValues& out) {
  const std::string& name = out.spec.name;
  check(column.width() == out.spec.width, ErrorKind::kShape, "{}: expected {} numbers a row, as its embed_dim says, got {}", name, out.spec.width,
        column.is_list() ? "lists" : fmt::format("{}", column.width()));
  out.values.reserve(out.values.size() + values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<float>(values[i]);
    check(std::isfinite(value), ErrorKind::kData, "{}, row {}: {} is not a finite number; fill or drop such rows first", name, static_cast<int64_t>(i) / column.width(), value);
    out.values.push_back(value);
  }
}

}  // namespace

const Column& find_column(const Columns& columns, const std::string& name, const std::string& what) {
  const auto found = columns.find(name);
  if (found != columns.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, column] : columns) names.push_back(known);
  const std::string nearest = nearest_name(name, names);
  fail(ErrorKind::kData, "{} has no column '{}', which the feature of that name reads; {}", what, name,
       nearest.empty() ? fmt::format("it has {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", nearest));
}

void append_rows(const Column& column, int64_t vocab_size, FeatureValues& out) {
  std::visit(
      [&](auto values) {
        switch (out.spec.kind) {
          case FeatureKind::kSparse:
            return append_ids(column, values, vocab_size, out);
          case FeatureKind::kMulti:
            return append_lists(column, values, vocab_size, out);
          case FeatureKind::kDense:
            return append_numbers(column, values, out);
        }
      },
      column.values());
}

}  // namespace rechub::matching
