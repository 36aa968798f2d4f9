// A Parquet file as Milvus imports it (https://milvus.io/docs/prepare-source-data.md), and the collection as pymilvus builds it from a dictionary.
#include <algorithm>
#include <bit>

#include <arrow/api.h>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/parquet_writer.h"
#include "rechub/export/vector_stores.h"

namespace rechub {
namespace {

constexpr int64_t kRowsPerGroup = 1 << 14;
constexpr size_t kLongestText = 65535, kLongestList = 4096;  // Milvus's limits, in bytes and values
enum DataType { kInt64 = 5, kFloat = 10, kVarChar = 21, kArray = 22, kFloatVector = 101 };

std::shared_ptr<arrow::DataType> arrow_type(const ItemColumn& column) {
  const auto element = column.kind == ItemColumn::kInteger ? arrow::int64() : column.kind == ItemColumn::kText ? arrow::utf8() : arrow::float32();
  return column.is_list ? arrow::list(element) : element;
}

void append(arrow::ArrayBuilder& builder, const nlohmann::json& value, const std::string& path) {
  if (value.is_null()) return check_arrow(builder.AppendNull(), path);
  switch (builder.type()->id()) {
    case arrow::Type::INT64:
      return check_arrow(static_cast<arrow::Int64Builder&>(builder).Append(value.get<int64_t>()), path);
    case arrow::Type::FLOAT:
      return check_arrow(static_cast<arrow::FloatBuilder&>(builder).Append(value.get<float>()), path);
    case arrow::Type::STRING:
      return check_arrow(static_cast<arrow::StringBuilder&>(builder).Append(value.get_ref<const std::string&>()), path);
    default:
      break;
  }
  auto& list = static_cast<arrow::ListBuilder&>(builder);
  check_arrow(list.Append(), path);
  for (const nlohmann::json& element : value) append(*list.value_builder(), element, path);
}

std::shared_ptr<arrow::Array> values_of(const ItemColumn& column, int64_t begin, int64_t end, const std::string& path) {
  const auto builder = value_of(arrow::MakeBuilder(arrow_type(column)), path);
  for (int64_t row = begin; row < end; ++row) append(*builder, column.value(static_cast<int32_t>(row + kFirstIndex)), path);
  return value_of(builder->Finish(), path);
}

// Lists of a variable length: Milvus takes no others.
std::shared_ptr<arrow::Array> vectors_of(const StoreItems& items, int64_t begin, int64_t end, const std::string& path) {
  arrow::Int32Builder offsets;
  for (int64_t row = 0; row <= end - begin; ++row) check_arrow(offsets.Append(static_cast<int32_t>(row * items.dim())), path);
  const auto size = static_cast<size_t>((end - begin) * items.dim());
  const auto values = std::make_shared<arrow::FloatArray>(static_cast<int64_t>(size), arrow::Buffer::Wrap(items.vector(begin), size));
  return value_of(arrow::ListArray::FromArrays(*value_of(offsets.Finish(), path), *values), path);
}

// A limit that leaves room for items to come.
int64_t with_room(size_t longest, size_t least, size_t limit, const ItemColumn& column, const char* unit) {
  check(longest <= limit, ErrorKind::kData, "column {}: Milvus takes up to {} {}, and one item has {}", column.name, limit, unit, longest);
  return static_cast<int64_t>(std::min(limit, std::bit_ceil(std::max(least, 2 * longest))));
}

nlohmann::json field_of(const ItemColumn& column, int64_t num_items) {
  const int type = column.kind == ItemColumn::kInteger ? kInt64 : column.kind == ItemColumn::kText ? kVarChar : kFloat;
  nlohmann::json field = {{"name", column.name}, {"type", column.is_list ? kArray : type}}, parameters = nlohmann::json::object();
  if (type == kVarChar) {
    size_t longest = 0;
    for (int32_t code = kFirstIndex; code < column.values->rows(); ++code) longest = std::max(longest, column.values->text(code).size());
    parameters["max_length"] = with_room(longest, 256, kLongestText, column, "bytes");
  }
  if (column.is_list) {
    size_t longest = 0;
    for (int64_t row = 0; row < num_items; ++row) longest = std::max(longest, column.num_values(static_cast<int32_t>(row + kFirstIndex)));
    parameters["max_capacity"] = with_room(longest, 16, kLongestList, column, "values");
    field["element_type"] = type;
  }
  if (!parameters.empty()) field["params"] = parameters;
  if (!column.feature) {
    field["is_primary"] = true;
    field["auto_id"] = false;
  } else if (!column.is_list) {
    field["nullable"] = true;
  }
  return field;
}

}  // namespace

void write_milvus_items(const std::string& directory, const StoreItems& items) {
  const std::string path = directory + "/items.parquet";
  nlohmann::json described = nlohmann::json::array();
  arrow::FieldVector fields;
  for (const ItemColumn& column : items.columns) {
    described.push_back(field_of(column, items.size()));
    fields.push_back(arrow::field(column.name, arrow_type(column), column.feature != nullptr));
  }
  described.push_back({{"name", "vector"}, {"type", kFloatVector}, {"params", {{"dim", items.dim()}}}});
  fields.push_back(arrow::field("vector", arrow::list(arrow::float32()), false));
  ParquetFileWriter file(path, arrow::schema(fields));
  for (int64_t begin = 0; begin < items.size(); begin += kRowsPerGroup) {
    const int64_t end = std::min(items.size(), begin + kRowsPerGroup);
    arrow::ArrayVector columns;
    for (const ItemColumn& column : items.columns) columns.push_back(values_of(column, begin, end, path));
    columns.push_back(vectors_of(items, begin, end, path));
    file.write(std::move(columns), end - begin);
  }
  file.commit();
  const nlohmann::json schema = {{"description", items.description}, {"auto_id", false}, {"enable_dynamic_field", false}, {"fields", described}};
  const nlohmann::json index = {{"field_name", "vector"}, {"index_type", "AUTOINDEX"}, {"metric_type", items.is_cosine ? "COSINE" : "IP"}};
  write_json(directory + "/collection.json", {{"schema", schema}, {"index", index}});
}

}  // namespace rechub
