#include "rechub/data/buckets.h"

#include <algorithm>
#include <cmath>

#include "rechub/data/vocabulary.h"

namespace rechub {

int32_t bucket_code(double value, const std::vector<double>& boundaries) {
  if (std::isnan(value)) return kUnknownIndex;
  return kFirstIndex + static_cast<int32_t>(std::upper_bound(boundaries.begin(), boundaries.end(), value) - boundaries.begin());
}

std::vector<double> quantile_boundaries(std::vector<double>& values, int64_t count) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  std::sort(values.begin(), values.end());
  std::vector<double> boundaries;
  for (int64_t i = 1; i < count && !values.empty(); ++i) {
    const double boundary = values[values.size() * static_cast<size_t>(i) / static_cast<size_t>(count)];
    if (boundary > values.front() && (boundaries.empty() || boundary > boundaries.back())) boundaries.push_back(boundary);
  }
  return boundaries;
}

std::vector<double> time_gap_boundaries(int64_t count, int64_t ticks_per_second) {
  std::vector<double> boundaries;
  for (int64_t i = 0; i + 1 < count; ++i) boundaries.push_back(std::ldexp(static_cast<double>(ticks_per_second), static_cast<int>(i)));
  return boundaries;
}

}  // namespace rechub
