#include "rechub/kernels/scattered_rows.h"

#include "rechub/kernels/simd_rows.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

constexpr int64_t kAhead = 4;  // rows asked for ahead: enough to hide the memory's latency
constexpr int64_t kLineBytes = 64;

inline Vec load_values(const float* p, int64_t count) { return load_part(p, count); }

inline Vec widen(const uint8_t* p) {
#if RECHUB_SIMD_WIDTH == 16
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#else
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#endif
}

inline Vec load_values(const uint8_t* p, int64_t count) {
  if (count >= kWidth) return widen(p);
  uint8_t codes[kWidth] = {};
  for (int64_t i = 0; i < count; ++i) codes[i] = p[i];
  return widen(codes);
}

inline float sum_all(Vec v) {
#if RECHUB_SIMD_WIDTH == 16
  return _mm512_reduce_add_ps(v);
#else
  return sum_of_lanes(v);
#endif
}

template <class Value>
inline void ask_for(const Value* row, int64_t dim) {
  const char* begin = reinterpret_cast<const char*>(row);
  for (int64_t byte = 0; byte < dim * static_cast<int64_t>(sizeof(Value)); byte += kLineBytes) _mm_prefetch(begin + byte, _MM_HINT_T0);
}

// Two sums, since one would wait for each product in turn.
template <class Value>
inline float dot(const float* x, const Value* row, int64_t dim) {
  Vec even = broadcast(0.0f), odd = broadcast(0.0f);
  int64_t k = 0;
  for (; k + 2 * kWidth <= dim; k += 2 * kWidth) {
    even = fma(load(x + k), load_values(row + k, kWidth), even);
    odd = fma(load(x + k + kWidth), load_values(row + k + kWidth, kWidth), odd);
  }
  for (; k < dim; k += kWidth) even = fma(load_part(x + k, dim - k), load_values(row + k, dim - k), even);
  return sum_all(even + odd);
}

template <class Value>
void dots(const float* x, const Value* rows, int64_t dim, const int32_t* positions, int64_t count, float* scores) {
  for (int64_t i = 0; i < kAhead && i < count; ++i) ask_for(rows + positions[i] * dim, dim);
  for (int64_t i = 0; i < count; ++i) {
    if (i + kAhead < count) ask_for(rows + positions[i + kAhead] * dim, dim);
    scores[i] = dot(x, rows + positions[i] * dim, dim);
  }
}

}  // namespace

ScatteredRowKernels scattered_row_kernels() { return {dot<float>, dots<float>, dots<uint8_t>}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
