#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace rechub {

// Percentile bootstrap (Efron 1979) of the mean of each column, users drawn with replacement: the 2.5 % and 97.5 % points over `resamples` draws of as many users as there are.
// columns[c][i] is a value of case i, users[i] its user; all cases of a user are drawn together, as they are not independent. The result depends on the seed, not on the number of
// threads. Throws kShape where lengths differ. No case: intervals of zeros.
std::vector<std::pair<double, double>> bootstrap_means(const std::vector<std::vector<float>>& columns, std::span<const int32_t> users, int64_t resamples, uint64_t seed);

}  // namespace rechub
