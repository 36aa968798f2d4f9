#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/arrow_columns.h"
#include "rechub/data/feature_table.h"

namespace rechub {

// A feature column in memory while a data set is prepared: what becomes a FeatureColumn (feature_table.h).
struct FeatureValues {
  FeatureSpec spec;
  std::vector<int32_t> codes;    // kSparse: [rows]; kMulti: the lists end to end
  std::vector<int64_t> offsets;  // kMulti: [rows + 1]
  std::vector<float> values;     // kDense: [rows x width]
};

ColumnShape shape_of(const FeatureSpec& spec, int64_t rows, int64_t num_codes);

// Appends the column to a file, from its first stream on; `extra_row` adds one empty row. Returns the number of streams written.
size_t write_feature(ArrowColumnsWriter& writer, size_t stream, const FeatureValues& column, bool extra_row);

}  // namespace rechub
