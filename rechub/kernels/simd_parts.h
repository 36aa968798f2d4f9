#pragma once

// Vectors at the end of a row: `count` elements are left, of which the first kWidth are meant; for .simd.cpp files only, with internal linkage like simd.h.

#include "rechub/kernels/simd.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

inline Vec load_part(const float* p, int64_t count) { return count >= kWidth ? load(p) : load_first(p, static_cast<int>(count)); }  // missing lanes are 0
inline void store_part(float* p, Vec v, int64_t count) {
  if (count >= kWidth) {
    store(p, v);
  } else {
    store_first(p, v, static_cast<int>(count));
  }
}

}  // namespace
}  // namespace rechub::RECHUB_SIMD_LEVEL
