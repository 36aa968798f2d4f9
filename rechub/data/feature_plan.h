#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/data/feature_overrides.h"
#include "rechub/data/feature_table.h"
#include "rechub/data/prepare.h"
#include "rechub/data/table.h"

namespace rechub {

// What a column of a file becomes. `spec` is whole but for what only the values tell: rows, and the width of vectors.
struct FeaturePlan {
  std::string column;
  FeatureSpec spec;
  int64_t num_buckets = -1;  // encoding "buckets": boundaries are still to be found as quantiles
  std::string why;           // "text", "7 different whole numbers", "said in features.toml"
};

struct IgnoredColumn {
  std::string column, why;
};

// A feature made of two sparse ones of the same table, by their place in it.
struct CrossPlan {
  FeatureSpec spec;
  size_t first = 0, second = 0;
};

struct TablePlan {
  std::vector<FeaturePlan> features;
  std::vector<CrossPlan> crosses;
  std::vector<IgnoredColumn> ignored;
};

// What a column is planned by.
struct PlanRules {
  std::string table;                      // user, item or event: an override may be called table.column
  std::vector<std::string> text_columns;  // become letter trigrams
  std::vector<std::string> used_names;    // of features of other tables: a column of such a name is called table_column
  int64_t text_buckets = 0;
  std::string missing;  // of dense features
};

// Plans the features of `columns` by the first 100,000 rows of the files and by the overrides, which are marked as used. The rules stand at PrepareOptions. Throws kUsage for an
// override that does not fit the column.
TablePlan plan_features(const std::vector<std::string>& paths, const TableOptions& format, const std::vector<std::string>& columns, const PlanRules& rules,
                        FeatureOverrides& overrides);

// One line a feature, for the log.
std::string describe_plan(const FeaturePlan& plan);

}  // namespace rechub
