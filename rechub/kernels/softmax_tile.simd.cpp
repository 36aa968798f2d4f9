#include "rechub/kernels/softmax_tile.h"

#include "rechub/kernels/panels.h"
#include "rechub/kernels/simd.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

constexpr int kPanel = static_cast<int>(kPanelWidth);
constexpr int kColumnVectors = kWidth == 16 ? 4 : 2;  // with 6 rows, sums fill 24 of 32 registers (AVX-512) or 12 of 16 (AVX2)
constexpr int kItemRows = 6;

// exp(x) for x <= 0: relative error below 4e-7, never below 1.6e-38, NaN for NaN. Half the work of exp() in simd.h: adding `round` leaves 127 + round(x / ln 2) in the low bits,
// where a shift makes it a power of two. The polynomial is the minimax one of degree 5.
Vec exp_nonpositive(Vec x) {
  const Vec round = broadcast(12582912.0f + 127.0f);  // 1.5 * 2^23: sums round to whole numbers
  const Vec clamped = max_or_second(broadcast(-87.0f), x);
  const Vec shifted = fma(clamped, broadcast(1.44269504f), round);
  const Vec r = fma(shifted - round, broadcast(-0.693147182f), clamped);
  Vec p = broadcast(0.0082902294f);
  p = fma(p, r, broadcast(0.0418983884f));
  p = fma(p, r, broadcast(0.1666764021f));
  p = fma(p, r, broadcast(0.4999914467f));
  p = fma(p, r, broadcast(0.9999997020f));
  p = fma(p, r, broadcast(1.0f));
  return p * power_of_low_bits(shifted);
}

// kWidth rows of one panel: `tile` points at their column of item 0.
void exponentiate_rows(float* tile, int64_t num_items, float* maxima, float* sums, float* rescale) {
  const Vec old_maximum = load(maxima);
  Vec even = old_maximum, odd = old_maximum;
  int64_t j = 0;
  for (; j + 2 <= num_items; j += 2) {
    even = max_or_second(load(tile + j * kPanel), even);
    odd = max_or_second(load(tile + (j + 1) * kPanel), odd);
  }
  if (j < num_items) even = max_or_second(load(tile + j * kPanel), even);
  const Vec maximum = max_or_second(even, odd);
  Vec sum = broadcast(0.0f);
  for (j = 0; j < num_items; ++j) {
    const Vec value = exp_nonpositive(load(tile + j * kPanel) - maximum);
    store(tile + j * kPanel, value);
    sum = sum + value;
  }
  const Vec factor = exp_nonpositive(old_maximum - maximum);
  store(rescale, factor);
  store(sums, fma(load(sums), factor, sum));
  store(maxima, maximum);
}

void exponentiate(float* tile, int64_t num_panels, int64_t num_items, float* maxima, float* sums, float* rescale) {
  for (int64_t r = 0; r < num_panels * kPanelWidth; r += kWidth) {
    exponentiate_rows(tile + r / kPanel * num_items * kPanel + r % kPanel, num_items, maxima + r, sums + r, rescale + r);
  }
}

// kRows neighbouring rows of a panel, kVectors vectors of columns.
template <int kRows, int kVectors>
void rows_tile(const float* tile, int64_t num_items, const float* rescale, const float* items, int64_t dim, float* out) {
  Vec sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) sums[i][v] = broadcast(0.0f);
  }
  for (int64_t j = 0; j < num_items; ++j) {
    Vec columns[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) columns[v] = load(items + j * dim + v * kWidth);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const Vec value = broadcast(tile[j * kPanel + i]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(value, columns[v], sums[i][v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    const Vec factor = broadcast(rescale[i]);
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) store(out + i * dim + v * kWidth, fma(load(out + i * dim + v * kWidth), factor, sums[i][v]));
  }
}

// The kPanel rows of a panel as 6 + 5 + 5.
template <int kVectors>
void rows_panel(const float* tile, int64_t num_items, const float* rescale, const float* items, int64_t dim, float* out) {
  rows_tile<6, kVectors>(tile, num_items, rescale, items, dim, out);
  rows_tile<5, kVectors>(tile + 6, num_items, rescale + 6, items, dim, out + 6 * dim);
  rows_tile<5, kVectors>(tile + 11, num_items, rescale + 11, items, dim, out + 11 * dim);
}

void accumulate_rows(const float* tile, int64_t num_panels, int64_t num_items, const float* rescale, const float* items, int64_t dim, float* out) {
  for (int64_t p = 0; p < num_panels; ++p) {
    const float* panel = tile + p * num_items * kPanel;
    float* rows = out + p * kPanel * dim;
    int64_t d = 0;
    for (; d + kColumnVectors * kWidth <= dim; d += kColumnVectors * kWidth) rows_panel<kColumnVectors>(panel, num_items, rescale + p * kPanel, items + d, dim, rows + d);
    for (; d < dim; d += kWidth) rows_panel<1>(panel, num_items, rescale + p * kPanel, items + d, dim, rows + d);
  }
}

// kItems neighbouring items, kVectors vectors of columns; panels lie panel_stride apart.
template <int kItems, int kVectors>
void items_tile(const float* tile, int64_t num_panels, int64_t panel_stride, const float* rows, int64_t dim, float* out) {
  Vec sums[kItems][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kItems; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) sums[i][v] = load(out + i * dim + v * kWidth);
  }
  for (int64_t p = 0; p < num_panels; ++p, tile += panel_stride) {
    for (int c = 0; c < kPanel; ++c, rows += dim) {
      Vec columns[kVectors];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) columns[v] = load(rows + v * kWidth);
#pragma GCC unroll 16
      for (int i = 0; i < kItems; ++i) {
        const Vec value = broadcast(tile[i * kPanel + c]);
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(value, columns[v], sums[i][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kItems; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) store(out + i * dim + v * kWidth, sums[i][v]);
  }
}

template <int kItems>
void items_columns(const float* tile, int64_t num_panels, int64_t panel_stride, const float* rows, int64_t dim, float* out) {
  int64_t d = 0;
  for (; d + kColumnVectors * kWidth <= dim; d += kColumnVectors * kWidth) items_tile<kItems, kColumnVectors>(tile, num_panels, panel_stride, rows + d, dim, out + d);
  for (; d < dim; d += kWidth) items_tile<kItems, 1>(tile, num_panels, panel_stride, rows + d, dim, out + d);
}

void accumulate_items(const float* tile, int64_t num_panels, int64_t num_items, const float* rows, int64_t dim, float* out) {
  const int64_t panel_stride = num_items * kPanel;
  int64_t j = 0;
  for (; j + kItemRows <= num_items; j += kItemRows) items_columns<kItemRows>(tile + j * kPanel, num_panels, panel_stride, rows, dim, out + j * dim);
  for (; j < num_items; ++j) items_columns<1>(tile + j * kPanel, num_panels, panel_stride, rows, dim, out + j * dim);
}

}  // namespace

SoftmaxTileKernels softmax_tile_kernels() { return {exponentiate, accumulate_rows, accumulate_items}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
