#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rechub/data/feature_plan.h"
#include "rechub/data/feature_spaces.h"
#include "rechub/data/feature_values.h"
#include "rechub/data/row_id.h"

namespace rechub {

// A file of features as it was read: columns in the order of its rows, and which row belongs to which user or item.
struct FeatureRows {
  struct Column {
    FeatureSpec spec;
    int64_t num_buckets = -1;
    std::vector<int64_t> offsets = {0};  // row r has the codes or numbers [offsets[r], offsets[r + 1]); a missing vector has none
    std::vector<int32_t> codes;
    std::vector<float> numbers;
  };
  std::vector<Column> columns;
  std::vector<int64_t> row_of;         // by dense index; -1: the file has no row for it
  std::vector<int64_t> place_in_file;  // by row: how many readable rows the files have before it
  int64_t num_rows = 0, num_left_out = 0, num_bad_rows = 0;
};

// Reads all rows whose id `index_of` knows (kUnknownIndex: the row is left out and counted). Throws kData where an id has two rows, naming both.
FeatureRows read_feature_rows(const std::vector<std::string>& paths, const TableOptions& format, const std::string& id_column, const TablePlan& plan, FeatureSpaces& spaces,
                              Vocabulary* items, const std::function<int32_t(const RowId&)>& index_of);

// The columns in the order of dense indices: row i is row row_of[source[i]] of the file. What is missing becomes the unknown code, an empty list, or what the spec's `missing`
// says; the rows 0 and 1 of numbers hold the mean. Throws kData for a row that may not be missing: `name_of(i)` names it, `what` is "user" or "item".
std::vector<FeatureValues> gather_feature_rows(const FeatureRows& rows, const std::vector<int32_t>& source, const std::string& what,
                                               const std::function<std::string(int32_t)>& name_of);

}  // namespace rechub
