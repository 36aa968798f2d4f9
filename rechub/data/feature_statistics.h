#pragma once

#include <map>
#include <string>

#include "rechub/data/dataset.h"
#include "rechub/data/split.h"

namespace rechub {

// Statistics of a dense column of width 1, fitted on training rows only: users and items with training events, and training events themselves. Missing values (NaN) do not count.
struct DenseStatistics {
  double mean = 0, standard_deviation = 1;  // of the transformed value
  double minimum = 0;                       // of the raw value: log features are log1p(value - minimum)
};
using FeatureStatistics = std::map<std::string, DenseStatistics>;  // by column name; columns with transform "none" and vectors have none

FeatureStatistics fit_feature_statistics(const Dataset& dataset, const Split& split);

}  // namespace rechub
