#pragma once

// The vectors of one ISA level, for .simd.cpp files only. kernels/CMakeLists.txt compiles each of those once a level with RECHUB_SIMD_LEVEL (its namespace) and
// RECHUB_SIMD_WIDTH (floats in a vector: 8 with AVX2 and FMA, 16 with AVX-512). Everything has internal linkage: the linker must never merge the levels' copies.

#include <cstdint>

#include <immintrin.h>

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

constexpr int kWidth = RECHUB_SIMD_WIDTH;

#if RECHUB_SIMD_WIDTH == 16
using Vec = __m512;
using Mask = __mmask16;
inline Vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
inline Vec broadcast(float v) { return _mm512_set1_ps(v); }
inline Mask first_lanes(int count) { return static_cast<Mask>((1u << count) - 1u); }                       // count in [0, kWidth]
inline Vec load_first(const float* p, int count) { return _mm512_maskz_loadu_ps(first_lanes(count), p); }  // the other lanes are 0 and not read
inline void store_first(float* p, Vec v, int count) { _mm512_mask_storeu_ps(p, first_lanes(count), v); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec max_or_second(Vec a, Vec b) { return _mm512_max_ps(a, b); }  // b where either is NaN
inline Vec min_or_second(Vec a, Vec b) { return _mm512_min_ps(a, b); }  // b where either is NaN
inline Mask greater(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
inline Mask equal(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
inline unsigned bits(Mask m) { return m; }  // bit i is lane i
inline Vec select(Mask m, Vec yes, Vec no) { return _mm512_mask_blend_ps(m, no, yes); }
inline Vec round_nearest(Vec v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// v * 2^n for whole n in [-126, 127].
inline Vec scale_by_power(Vec v, Vec n) {
  const __m512i exponent = _mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23);
  return _mm512_mul_ps(v, _mm512_castsi512_ps(exponent));
}
// 2^(n - 127) for a whole number n in [1, 254] in the low 9 bits of v's mantissa.
inline Vec power_of_low_bits(Vec v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(v), 23)); }
#else
using Vec = __m256;
using Mask = __m256;
inline Vec load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
inline Vec broadcast(float v) { return _mm256_set1_ps(v); }
inline Mask first_lanes(int count) {  // count in [0, kWidth]
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane));
}
inline Vec load_first(const float* p, int count) { return _mm256_maskload_ps(p, _mm256_castps_si256(first_lanes(count))); }  // the other lanes are 0 and not read
inline void store_first(float* p, Vec v, int count) { _mm256_maskstore_ps(p, _mm256_castps_si256(first_lanes(count)), v); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
inline Vec max_or_second(Vec a, Vec b) { return _mm256_max_ps(a, b); }  // b where either is NaN
inline Vec min_or_second(Vec a, Vec b) { return _mm256_min_ps(a, b); }  // b where either is NaN
inline Mask greater(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
inline Mask equal(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
inline unsigned bits(Mask m) { return static_cast<unsigned>(_mm256_movemask_ps(m)); }  // bit i is lane i
inline Vec select(Mask m, Vec yes, Vec no) { return _mm256_blendv_ps(no, yes, m); }
inline Vec round_nearest(Vec v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// v * 2^n for whole n in [-126, 127].
inline Vec scale_by_power(Vec v, Vec n) {
  const __m256i exponent = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_mul_ps(v, _mm256_castsi256_ps(exponent));
}
// 2^(n - 127) for a whole number n in [1, 254] in the low 9 bits of v's mantissa.
inline Vec power_of_low_bits(Vec v) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(v), 23)); }
#endif

// exp(x), relative error below 3e-7; 0 below -87.33, where the result would be denormal; infinity above 88.72; NaN for NaN. (The polynomial is that of Cephes' expf.)
inline Vec exp(Vec x) {
  const Vec low = broadcast(-87.33654f), high = broadcast(88.72283f);
  const Vec clamped = min_or_second(high, max_or_second(low, x));
  const Vec power = min_or_second(broadcast(127.0f), round_nearest(clamped * broadcast(1.44269504f)));
  const Vec r = fma(power, broadcast(2.12194440e-4f), fma(power, broadcast(-0.693359375f), clamped));
  Vec p = broadcast(1.9875691500e-4f);
  p = fma(p, r, broadcast(1.3981999507e-3f));
  p = fma(p, r, broadcast(8.3334519073e-3f));
  p = fma(p, r, broadcast(4.1665795894e-2f));
  p = fma(p, r, broadcast(1.6666665459e-1f));
  p = fma(p, r, broadcast(5.0000001201e-1f));
  p = fma(p, r * r, r + broadcast(1.0f));
  Vec result = scale_by_power(p, power);
  result = select(greater(low, x), broadcast(0.0f), result);
  return select(greater(x, high), broadcast(__builtin_inff()), result);
}

}  // namespace
}  // namespace rechub::RECHUB_SIMD_LEVEL
