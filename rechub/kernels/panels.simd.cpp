#include "rechub/kernels/panels.h"

#include "rechub/kernels/simd.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

constexpr int kVectorsPerPanel = static_cast<int>(kPanelWidth) / kWidth;
// The largest tile keeps its sums in registers: 24 of 32 (AVX-512), 12 of 16 (AVX2).
constexpr int kMaxPanels = kWidth == 16 ? 3 : 1;
constexpr int kMaxRows = kWidth == 16 ? 8 : 6;

void pack(const float* vectors, int64_t count, int64_t dim, float scale, float* panels, int64_t num_panels) {
  for (int64_t i = 0; i < num_panels * kPanelWidth; ++i) {
    float* column = panels + i / kPanelWidth * dim * kPanelWidth + i % kPanelWidth;
    for (int64_t k = 0; k < dim; ++k) column[k * kPanelWidth] = i < count ? vectors[i * dim + k] * scale : 0.0f;
  }
}

template <int kRows, int kPanels>
void dot_tile(const float* rows, int64_t row_stride, const float* panels, int64_t dim, float* scores, int64_t panel_scores) {
  constexpr int kVectors = kPanels * kVectorsPerPanel;
  Vec sums[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) sums[i][v] = broadcast(0.0f);
  }
  for (int64_t k = 0; k < dim; ++k) {
    Vec columns[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) columns[v] = load(panels + (v / kVectorsPerPanel * dim + k) * kPanelWidth + v % kVectorsPerPanel * kWidth);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const Vec value = broadcast(rows[i * row_stride + k]);
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(value, columns[v], sums[i][v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) store(scores + v / kVectorsPerPanel * panel_scores + i * kPanelWidth + v % kVectorsPerPanel * kWidth, sums[i][v]);
  }
}

template <int kPanels>
void dot_panels(const float* rows, int64_t row_stride, int64_t num_rows, const float* panels, int64_t dim, float* scores) {
  const int64_t panel_scores = num_rows * kPanelWidth;
  int64_t i = 0;
  for (; i + kMaxRows <= num_rows; i += kMaxRows) dot_tile<kMaxRows, kPanels>(rows + i * row_stride, row_stride, panels, dim, scores + i * kPanelWidth, panel_scores);
  for (; i + 4 <= num_rows; i += 4) dot_tile<4, kPanels>(rows + i * row_stride, row_stride, panels, dim, scores + i * kPanelWidth, panel_scores);
  for (; i < num_rows; ++i) dot_tile<1, kPanels>(rows + i * row_stride, row_stride, panels, dim, scores + i * kPanelWidth, panel_scores);
}

void dot(const float* rows, int64_t row_stride, int64_t num_rows, const float* panels, int64_t num_panels, int64_t dim, float* scores) {
  int64_t p = 0;
  for (; p + kMaxPanels <= num_panels; p += kMaxPanels) {
    dot_panels<kMaxPanels>(rows, row_stride, num_rows, panels + p * dim * kPanelWidth, dim, scores + p * num_rows * kPanelWidth);
  }
  for (; p < num_panels; ++p) dot_panels<1>(rows, row_stride, num_rows, panels + p * dim * kPanelWidth, dim, scores + p * num_rows * kPanelWidth);
}

}  // namespace

PanelKernels panel_kernels() { return {pack, dot}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
