#pragma once

#include <cstdint>

namespace rechub {

// The steps of a softmax over many items, taken a tile of items at a time (softmax_loss.h puts them together). A tile is [num_panels][num_items][kPanelWidth], as PanelKernels::dot
// gives it with items as its rows: row r of the batch is column r % kPanelWidth of panel r / kPanelWidth. dim is a multiple of kPanelWidth; matrices are row-major and packed.
struct SoftmaxTileKernels {
  // Logits in place to exp(logit - maximum), where maxima[r] first rises to the largest logit of row r so far (start: -infinity). rescale[r] becomes exp(old maximum - new
  // maximum), by which everything summed over earlier tiles must be multiplied; sums[r] (start: 0) is, and then gains this tile's sum. A NaN or +infinity among the logits makes
  // the row's sum NaN.
  void (*exponentiate)(float* tile, int64_t num_panels, int64_t num_items, float* maxima, float* sums, float* rescale);

  // out[r][d] = out[r][d] * rescale[r] + sum over items j of tile[r][j] * items[j][d], for all num_panels * kPanelWidth rows.
  void (*accumulate_rows)(const float* tile, int64_t num_panels, int64_t num_items, const float* rescale, const float* items, int64_t dim, float* out);

  // out[j][d] += sum over rows r of tile[r][j] * rows[r][d], for all num_panels * kPanelWidth rows.
  void (*accumulate_items)(const float* tile, int64_t num_panels, int64_t num_items, const float* rows, int64_t dim, float* out);
};

namespace reference {
SoftmaxTileKernels softmax_tile_kernels();
}
namespace avx2 {
SoftmaxTileKernels softmax_tile_kernels();
}
namespace avx512 {
SoftmaxTileKernels softmax_tile_kernels();
}

}  // namespace rechub
