#pragma once

// Lanes of 32-bit unsigned integers beside simd.h's floats, as many of them; for .simd.cpp files only, with internal linkage like simd.h.

#include "rechub/kernels/simd.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

#if RECHUB_SIMD_WIDTH == 16
using IntVec = __m512i;
inline IntVec broadcast_int(uint32_t v) { return _mm512_set1_epi32(static_cast<int>(v)); }
inline IntVec lane_numbers() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
inline IntVec add_int(IntVec a, IntVec b) { return _mm512_add_epi32(a, b); }
inline IntVec multiply_int(IntVec a, IntVec b) { return _mm512_mullo_epi32(a, b); }  // low 32 bits
inline IntVec xor_int(IntVec a, IntVec b) { return _mm512_xor_si512(a, b); }
template <int kBits>
inline IntVec shift_right_int(IntVec a) {
  return _mm512_srli_epi32(a, kBits);
}
inline Mask at_least_int(IntVec a, IntVec b) { return _mm512_cmpge_epu32_mask(a, b); }  // unsigned a >= b
#else
using IntVec = __m256i;
inline IntVec broadcast_int(uint32_t v) { return _mm256_set1_epi32(static_cast<int>(v)); }
inline IntVec lane_numbers() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
inline IntVec add_int(IntVec a, IntVec b) { return _mm256_add_epi32(a, b); }
inline IntVec multiply_int(IntVec a, IntVec b) { return _mm256_mullo_epi32(a, b); }  // low 32 bits
inline IntVec xor_int(IntVec a, IntVec b) { return _mm256_xor_si256(a, b); }
template <int kBits>
inline IntVec shift_right_int(IntVec a) {
  return _mm256_srli_epi32(a, kBits);
}
inline Mask at_least_int(IntVec a, IntVec b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a)); }  // unsigned a >= b
#endif

}  // namespace
}  // namespace rechub::RECHUB_SIMD_LEVEL
