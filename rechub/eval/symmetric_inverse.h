#pragma once

#include <cstdint>
#include <span>

namespace rechub {

// The inverse of a symmetric positive definite matrix in place, by the sweep operator (Goodnight, The American Statistician 1979) over blocks of rows: n^3 operations, nearly all
// of them in the panel products of kernels/. `matrix` is [n, n] row-major; only its lower triangle is read, the whole inverse is written. Single precision: with condition number c
// the relative error is about 1e-7 c. Needs symmetric_inverse_workspace(n) bytes besides the matrix. The result depends on the matrix and the level of kernels, not on the number
// of threads. Throws kShape where sizes differ, kData naming the row at which the matrix turns out not to be positive definite.
void invert_symmetric(std::span<float> matrix, int64_t n);
int64_t symmetric_inverse_workspace(int64_t n);

}  // namespace rechub
