#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/feature_values.h"
#include "rechub/matching/columns.h"

namespace rechub::matching {

// Checked reading of columns. Every error is kData or kShape and names the feature and the row, counted from 0. An id becomes the code id + 2 (kFirstIndex): the engine's rows 0
// and 1 stand for padding and the unknown.

// Throws kData with the nearest name where `columns` has none of that name. `what` names the columns to a person.
const Column& find_column(const Columns& columns, const std::string& name, const std::string& what);

// One feature of `spec` by the kind it has, appended to `values`: kSparse ids below `vocab_size`, kMulti lists of them (offsets start with a 0), kDense spec.width numbers a row.
void append_rows(const Column& column, int64_t vocab_size, FeatureValues& values);

}  // namespace rechub::matching
