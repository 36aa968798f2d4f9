#include <cmath>

#include "rechub/kernels/panels.h"
#include "rechub/kernels/softmax_tile.h"

namespace rechub::reference {
namespace {

int64_t place(int64_t row, int64_t item, int64_t num_items) { return (row / kPanelWidth * num_items + item) * kPanelWidth + row % kPanelWidth; }

void exponentiate(float* tile, int64_t num_panels, int64_t num_items, float* maxima, float* sums, float* rescale) {
  for (int64_t r = 0; r < num_panels * kPanelWidth; ++r) {
    float maximum = maxima[r];
    for (int64_t j = 0; j < num_items; ++j) {
      const float logit = tile[place(r, j, num_items)];
      if (logit > maximum) maximum = logit;
    }
    float sum = 0;
    for (int64_t j = 0; j < num_items; ++j) {
      float& value = tile[place(r, j, num_items)];
      value = std::exp(value - maximum);
      sum += value;
    }
    rescale[r] = std::exp(maxima[r] - maximum);
    sums[r] = sums[r] * rescale[r] + sum;
    maxima[r] = maximum;
  }
}

void accumulate_rows(const float* tile, int64_t num_panels, int64_t num_items, const float* rescale, const float* items, int64_t dim, float* out) {
  for (int64_t r = 0; r < num_panels * kPanelWidth; ++r) {
    for (int64_t d = 0; d < dim; ++d) {
      float sum = 0;
      for (int64_t j = 0; j < num_items; ++j) sum += tile[place(r, j, num_items)] * items[j * dim + d];
      out[r * dim + d] = out[r * dim + d] * rescale[r] + sum;
    }
  }
}

void accumulate_items(const float* tile, int64_t num_panels, int64_t num_items, const float* rows, int64_t dim, float* out) {
  for (int64_t j = 0; j < num_items; ++j) {
    for (int64_t d = 0; d < dim; ++d) {
      float sum = 0;
      for (int64_t r = 0; r < num_panels * kPanelWidth; ++r) sum += tile[place(r, j, num_items)] * rows[r * dim + d];
      out[j * dim + d] += sum;
    }
  }
}

}  // namespace

SoftmaxTileKernels softmax_tile_kernels() { return {exponentiate, accumulate_rows, accumulate_items}; }

}  // namespace rechub::reference
