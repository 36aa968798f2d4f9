#include "rechub/kernels/panels.h"

namespace rechub::reference {
namespace {

void pack(const float* vectors, int64_t count, int64_t dim, float scale, float* panels, int64_t num_panels) {
  for (int64_t i = 0; i < num_panels * kPanelWidth; ++i) {
    float* column = panels + i / kPanelWidth * dim * kPanelWidth + i % kPanelWidth;
    for (int64_t k = 0; k < dim; ++k) column[k * kPanelWidth] = i < count ? vectors[i * dim + k] * scale : 0.0f;
  }
}

void dot(const float* rows, int64_t row_stride, int64_t num_rows, const float* panels, int64_t num_panels, int64_t dim, float* scores) {
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t i = 0; i < num_rows; ++i) {
      for (int64_t c = 0; c < kPanelWidth; ++c) {
        float sum = 0;
        for (int64_t k = 0; k < dim; ++k) sum += rows[i * row_stride + k] * panels[(p * dim + k) * kPanelWidth + c];
        scores[(p * num_rows + i) * kPanelWidth + c] = sum;
      }
    }
  }
}

}  // namespace

PanelKernels panel_kernels() { return {pack, dot}; }

}  // namespace rechub::reference
