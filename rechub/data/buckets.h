#pragma once

#include <cstdint>
#include <vector>

namespace rechub {

// Numbers to codes by ascending boundaries b0 < b1 < ...: below b0 is code 2, in [b0, b1) code 3, and so on; NaN is the unknown code 1. rows = boundaries.size() + 3.
int32_t bucket_code(double value, const std::vector<double>& boundaries);

// Boundaries that cut `values` (NaN does not count) into at most `count` buckets of about equal size; fewer where values repeat. The order of `values` changes.
std::vector<double> quantile_boundaries(std::vector<double>& values, int64_t count);

// `count` buckets of a length of time, each twice as long as the one before: below 1 second, below 2, below 4, ..., in ticks of a unit of time.
std::vector<double> time_gap_boundaries(int64_t count, int64_t ticks_per_second);

}  // namespace rechub
