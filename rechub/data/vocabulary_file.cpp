#include <algorithm>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_file.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/vocabulary.h"

namespace rechub {
namespace {

// A utf8 array holds at most 2 GB, so values are written a piece at a time; a value is far below 2 KB.
constexpr int32_t kRowsPerBatch = 1 << 20;
constexpr int64_t kBytesPerBatch = int64_t{1} << 30;

void write_batch(ArrowFileWriter& writer, const std::shared_ptr<arrow::Schema>& schema, arrow::ArrayBuilder& builder, const std::string& path) {
  const auto ids = value_of(builder.Finish(), path);
  writer.write(*arrow::RecordBatch::Make(schema, ids->length(), {ids}));
}

}  // namespace

void Vocabulary::save(const std::string& path) const {
  const auto schema = arrow::schema({arrow::field("id", is_integer_ ? arrow::int64() : arrow::utf8(), false)});
  ArrowFileWriter writer(path, schema);
  if (is_integer_) {
    for (int32_t begin = 0; begin < size(); begin += kRowsPerBatch) {
      arrow::Int64Builder builder;
      check_arrow(builder.AppendValues(integers_.data() + begin, std::min(kRowsPerBatch, size() - begin)), path);
      write_batch(writer, schema, builder, path);
    }
  } else {
    arrow::StringBuilder builder;
    for (int32_t index = kFirstIndex; index < rows(); ++index) {
      if (builder.length() == kRowsPerBatch || builder.value_data_length() > kBytesPerBatch) write_batch(writer, schema, builder, path);
      check_arrow(builder.Append(string_at(index)), path);
    }
    write_batch(writer, schema, builder, path);
  }
  writer.commit();
}

Vocabulary Vocabulary::load(const std::string& path) {
  const ArrowFile file = read_arrow_file(path);
  const auto& schema = *file.schema;
  const bool is_vocabulary = schema.num_fields() == 1 && (schema.field(0)->type()->id() == arrow::Type::INT64 || schema.field(0)->type()->id() == arrow::Type::STRING);
  check(is_vocabulary, ErrorKind::kData, "{}: a vocabulary has one column of int64 or utf8 values, this file holds {}", path, schema.ToString());

  Vocabulary vocabulary;
  vocabulary.is_integer_ = schema.field(0)->type()->id() == arrow::Type::INT64;
  int64_t row = 0;
  for (const auto& batch : file.batches) {
    const auto& ids = *batch->column(0);
    check(ids.null_count() == 0, ErrorKind::kData, "{}: a vocabulary holds no missing values, this one has {}", path, ids.null_count());
    for (int64_t i = 0; i < ids.length(); ++i, ++row) {
      const int32_t index = vocabulary.is_integer_ ? vocabulary.add_integer(static_cast<const arrow::Int64Array&>(ids).Value(i))
                                                   : vocabulary.add_string(static_cast<const arrow::StringArray&>(ids).GetView(i));
      check(index == row + kFirstIndex, ErrorKind::kData, "{}: value {} of row {} stands in row {} already: the file is damaged", path, vocabulary.text(index), row + 1,
            index - kFirstIndex + 1);
    }
  }
  return vocabulary;
}

}  // namespace rechub
