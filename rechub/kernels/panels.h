#pragma once

#include <cstdint>

namespace rechub {

constexpr int64_t kPanelWidth = 16;

// Matrix products over panels. A panel holds kPanelWidth vectors side by side, element k of all of them together: [dim][kPanelWidth]. Pointers need no alignment.
struct PanelKernels {
  // Panels [num_panels][dim][kPanelWidth] from row-major vectors [count][dim], count <= num_panels * kPanelWidth, each value times `scale`; missing vectors are zero.
  void (*pack)(const float* vectors, int64_t count, int64_t dim, float scale, float* panels, int64_t num_panels);

  // scores[p][i][c] = sum over k of rows[i * row_stride + k] * panels[p][k][c]. scores: [num_panels][num_rows][kPanelWidth].
  // Every sum runs over k from 0 upwards with one rounding a step at a level's tiles of any shape, so equal vectors give equal bits wherever they lie in a call.
  void (*dot)(const float* rows, int64_t row_stride, int64_t num_rows, const float* panels, int64_t num_panels, int64_t dim, float* scores);
};

namespace reference {
PanelKernels panel_kernels();
}
namespace avx2 {
PanelKernels panel_kernels();
}
namespace avx512 {
PanelKernels panel_kernels();
}

}  // namespace rechub
