#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <arrow/api.h>

#include "rechub/data/arrow_result.h"
#include "rechub/data/parquet_writer.h"
#include "rechub/export/vector_files.h"

namespace rechub {
namespace {

constexpr int64_t kRowsPerGroup = 1 << 16;

// Rows [begin, end) of the table's column of ids, each `times` times.
std::shared_ptr<arrow::Array> ids_of(const RawIds& ids, int64_t begin, int64_t end, int64_t times, const std::string& path) {
  arrow::Int64Builder integers;
  arrow::StringBuilder texts;
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t i = 0; i < times; ++i) check_arrow(ids.are_integers ? integers.Append(ids.integers[row]) : texts.Append(ids.texts[row]), path);
  }
  return value_of(ids.are_integers ? integers.Finish() : texts.Finish(), path);
}

std::shared_ptr<arrow::Array> interests_of(int64_t rows, int64_t per_row, const std::string& path) {
  arrow::Int32Builder interests;
  for (int64_t i = 0; i < rows * per_row; ++i) check_arrow(interests.Append(static_cast<int32_t>(i % per_row)), path);
  return value_of(interests.Finish(), path);
}

}  // namespace

void write_parquet_vectors(const std::string& directory, const VectorTable& table) {
  const std::string path = directory + "/" + table.of + "_vectors.parquet";
  const at::Tensor vectors = table.vectors.contiguous();
  const int64_t rows = vectors.size(0), per_row = vectors.size(1), width = vectors.size(2);
  const auto vector_type = arrow::fixed_size_list(arrow::field("element", arrow::float32(), false), static_cast<int32_t>(width));
  arrow::FieldVector fields = {arrow::field(table.of, table.ids.are_integers ? arrow::int64() : arrow::utf8(), false)};
  if (per_row > 1) fields.push_back(arrow::field("interest", arrow::int32(), false));
  fields.push_back(arrow::field("vector", vector_type, false));
  ParquetFileWriter file(path, arrow::schema(fields));
  for (int64_t begin = 0; begin < rows; begin += kRowsPerGroup) {
    const int64_t end = std::min(rows, begin + kRowsPerGroup), count = (end - begin) * per_row;
    const auto* floats = vectors.const_data_ptr<float>() + begin * per_row * width;
    const auto values = std::make_shared<arrow::FloatArray>(count * width, arrow::Buffer::Wrap(floats, static_cast<size_t>(count * width)));
    arrow::ArrayVector columns = {ids_of(table.ids, begin, end, per_row, path)};
    if (per_row > 1) columns.push_back(interests_of(end - begin, per_row, path));
    columns.push_back(std::make_shared<arrow::FixedSizeListArray>(vector_type, count, values));
    file.write(std::move(columns), count);
  }
  file.commit();
}

}  // namespace rechub
