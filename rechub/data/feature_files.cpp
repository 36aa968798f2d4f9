#include "rechub/data/feature_files.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "rechub/base/error.h"
#include "rechub/data/buckets.h"
#include "rechub/data/column_encoder.h"

namespace rechub {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

void append_cell(const ColumnEncoder& encoder, FeatureRows::Column& column) {
  column.codes.insert(column.codes.end(), encoder.codes().begin(), encoder.codes().end());
  column.numbers.insert(column.numbers.end(), encoder.numbers().begin(), encoder.numbers().end());
  column.offsets.push_back(static_cast<int64_t>(column.codes.size() + column.numbers.size()));
}

void set_row(std::vector<int64_t>& row_of, int32_t index, int64_t row, const RowId& id, const TableReader& reader, int64_t row_in_batch) {
  if (static_cast<size_t>(index) >= row_of.size()) row_of.resize(static_cast<size_t>(index) + 1, -1);
  int64_t& place = row_of[static_cast<size_t>(index)];
  if (place >= 0) {
    fail(ErrorKind::kData, "{}: the id '{}' has a row already, the {}. that was read; an id has one row of features", reader.where(row_in_batch), id.spelling(), place + 1);
  }
  place = row;
}

// A row of the file for each of our rows; -1 where there is none.
std::vector<int64_t> rows_for(const std::vector<int64_t>& row_of, const std::vector<int32_t>& source) {
  std::vector<int64_t> rows;
  rows.reserve(source.size());
  for (const int32_t index : source) {
    const bool is_known = index >= kFirstIndex && static_cast<size_t>(index) < row_of.size();
    rows.push_back(is_known ? row_of[static_cast<size_t>(index)] : -1);
  }
  return rows;
}

bool has_cell(const FeatureRows::Column& column, int64_t row) { return row >= 0 && column.offsets[static_cast<size_t>(row)] < column.offsets[static_cast<size_t>(row) + 1]; }

void gather_codes(const FeatureRows::Column& column, const std::vector<int64_t>& rows, FeatureValues& out) {
  const bool is_multi = out.spec.kind == FeatureKind::kMulti;
  if (is_multi) out.offsets.push_back(0);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (has_cell(column, rows[i])) {
      const auto row = static_cast<size_t>(rows[i]);
      out.codes.insert(out.codes.end(), column.codes.begin() + column.offsets[row], column.codes.begin() + column.offsets[row + 1]);
    } else if (!is_multi) {
      out.codes.push_back(i == kPaddingIndex ? kPaddingIndex : kUnknownIndex);
    }
    if (is_multi) out.offsets.push_back(static_cast<int64_t>(out.codes.size()));
  }
}

std::vector<float> mean_of(const FeatureRows::Column& column, int64_t width) {
  std::vector<double> sums(static_cast<size_t>(width));
  double count = 0;
  for (size_t at = 0; at + sums.size() <= column.numbers.size(); at += sums.size()) {
    if (std::isnan(column.numbers[at])) continue;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += column.numbers[at + i];
    count += 1;
  }
  std::vector<float> means;
  for (const double sum : sums) means.push_back(static_cast<float>(count == 0 ? 0 : sum / count));
  return means;
}

void gather_numbers(const FeatureRows::Column& column, const std::vector<int64_t>& rows, FeatureValues& out) {
  const auto width = static_cast<size_t>(out.spec.width);
  const std::vector<float> mean = mean_of(column, out.spec.width);
  // The mean of single numbers is fitted later, on training rows only; vectors have no such statistics.
  const std::vector<float> fill = out.spec.missing == "zero" ? std::vector<float>(width, 0) : width == 1 ? std::vector<float>{kMissing} : mean;
  out.values.reserve(rows.size() * width);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (has_cell(column, rows[i])) {
      const auto begin = column.numbers.begin() + column.offsets[static_cast<size_t>(rows[i])];
      out.values.insert(out.values.end(), begin, begin + static_cast<int64_t>(width));
    } else {
      const std::vector<float>& values = i < kFirstIndex ? mean : fill;
      out.values.insert(out.values.end(), values.begin(), values.end());
    }
  }
}

void gather_buckets(const FeatureRows::Column& column, const std::vector<int64_t>& rows, FeatureValues& out) {
  std::vector<double> boundaries = out.spec.boundaries;
  if (boundaries.empty()) {
    std::vector<double> numbers(column.numbers.begin(), column.numbers.end());
    boundaries = quantile_boundaries(numbers, column.num_buckets);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const int32_t code = has_cell(column, rows[i]) ? bucket_code(column.numbers[static_cast<size_t>(rows[i])], boundaries) : kUnknownIndex;
    out.codes.push_back(i == kPaddingIndex ? kPaddingIndex : code);
  }
  out.spec.rows = static_cast<int64_t>(boundaries.size()) + kFirstIndex + 1;
  out.spec.boundaries = boundaries;
}

// Numbers may be missing only where their spec says what fills them.
void check_complete(const FeatureRows::Column& column, const std::vector<int64_t>& rows, const std::string& what, const std::function<std::string(int32_t)>& name_of) {
  if (column.spec.kind != FeatureKind::kDense || column.spec.missing != "refuse") return;
  int64_t num_missing = 0;
  int32_t first = -1;
  for (size_t i = kFirstIndex; i < rows.size(); ++i) {
    if (has_cell(column, rows[i])) continue;
    if (num_missing++ == 0) first = static_cast<int32_t>(i);
  }
  check(num_missing == 0, ErrorKind::kData, "the feature '{}' has no value for {} {}{}: the files have no row for the id; --missing mean or --missing zero fills it",
        column.spec.name, what, first < 0 ? "" : name_of(first), num_missing > 1 ? fmt::format(" and {} more", num_missing - 1) : "");
}

}  // namespace

FeatureRows read_feature_rows(const std::vector<std::string>& paths, const TableOptions& format, const std::string& id_column, const TablePlan& plan, FeatureSpaces& spaces,
                              Vocabulary* items, const std::function<int32_t(const RowId&)>& index_of) {
  const auto reader = open_table(paths, format);
  std::vector<std::string> columns = {id_column};
  std::vector<ColumnEncoder> encoders;
  FeatureRows result;
  for (const FeaturePlan& feature : plan.features) {
    columns.push_back(feature.column);
    encoders.emplace_back(feature, spaces.of(feature.spec, items), feature.spec.space != kItemSpace);
    result.columns.emplace_back().num_buckets = feature.num_buckets;
  }
  reader->select(columns);
  int64_t place = -1;
  while (const auto batch = reader->next()) {
    Cells ids(*reader, *batch, 0);
    ids.take_as_ids();
    for (ColumnEncoder& encoder : encoders) encoder.start_batch(*reader, *batch);
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      ++place;
      const auto id = read_row_id(*reader, ids, row);
      if (!id) continue;
      const int32_t index = index_of(*id);
      if (index == kUnknownIndex) {
        ++result.num_left_out;
        continue;
      }
      if (!std::all_of(encoders.begin(), encoders.end(), [row](ColumnEncoder& encoder) { return encoder.read(row); })) continue;
      set_row(result.row_of, index, result.num_rows++, *id, *reader, row);
      result.place_in_file.push_back(place);
      for (size_t i = 0; i < encoders.size(); ++i) append_cell(encoders[i], result.columns[i]);
    }
  }
  for (size_t i = 0; i < encoders.size(); ++i) result.columns[i].spec = encoders[i].spec();
  result.num_bad_rows = reader->num_bad_rows();
  return result;
}

std::vector<FeatureValues> gather_feature_rows(const FeatureRows& rows, const std::vector<int32_t>& source, const std::string& what,
                                               const std::function<std::string(int32_t)>& name_of) {
  const std::vector<int64_t> places = rows_for(rows.row_of, source);
  std::vector<FeatureValues> result;
  for (const FeatureRows::Column& column : rows.columns) {
    FeatureValues& out = result.emplace_back();
    out.spec = column.spec;
    check(out.spec.width > 0, ErrorKind::kData, "the feature '{}' has no vector in any row", out.spec.name);
    check_complete(column, places, what, name_of);
    if (out.spec.encoding == "buckets") {
      gather_buckets(column, places, out);
    } else if (out.spec.kind == FeatureKind::kDense) {
      gather_numbers(column, places, out);
    } else {
      gather_codes(column, places, out);
    }
  }
  return result;
}

}  // namespace rechub
