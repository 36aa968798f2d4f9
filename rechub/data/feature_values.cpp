#include "rechub/data/feature_values.h"

#include "rechub/data/dataset_files.h"

namespace rechub {

ColumnShape shape_of(const FeatureSpec& spec, int64_t rows, int64_t num_codes) {
  ColumnShape shape{.name = feature_column_name(spec.name), .rows = rows};
  switch (spec.kind) {
    case FeatureKind::kSparse:
      shape.type = ColumnShape::kInt32;
      break;
    case FeatureKind::kMulti:
      shape.type = ColumnShape::kLists;
      shape.num_values = num_codes;
      break;
    case FeatureKind::kDense:
      shape.type = spec.width == 1 ? ColumnShape::kFloat : ColumnShape::kVectors;
      shape.width = spec.width;
      break;
  }
  return shape;
}

size_t write_feature(ArrowColumnsWriter& writer, size_t stream, const FeatureValues& column, bool extra_row) {
  switch (column.spec.kind) {
    case FeatureKind::kSparse:
      writer.append(stream, column.codes);
      if (extra_row) writer.append_one(stream, int32_t{0});
      return 1;
    case FeatureKind::kMulti:
      writer.append(stream, column.offsets);
      if (extra_row) writer.append_one(stream, column.offsets.back());
      writer.append(stream + 1, column.codes);
      return 2;
    case FeatureKind::kDense:
      writer.append(stream, column.values);
      if (extra_row) writer.append(stream, std::vector<float>(static_cast<size_t>(column.spec.width)));
      return 1;
  }
  return 0;
}

}  // namespace rechub
