#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rechub/index/index.h"

namespace rechub {

// What every index asks of the vectors and queries it is given.

bool all_finite(const float* values, int64_t count);

// `size` vectors of `dim` finite values. Throws kShape for sizes that do not fit or are more than 32-bit positions can name, kData naming the row that is not finite.
void check_vectors(std::span<const float> vectors, int64_t size, int64_t dim);

// Shapes, positions and finite values of a query to an index of `size` vectors. Throws as Index::search.
void check_query(const SearchQuery& query, int64_t size, int64_t dim);

// Rows of `dim` values, each divided by its length; rows of zeros stay.
std::vector<float> normalised(std::span<const float> vectors, int64_t dim);

}  // namespace rechub
