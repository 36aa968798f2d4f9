#include "rechub/kernels/panels.h"
#include "rechub/kernels/scores.h"

namespace rechub::reference {
namespace {

void max_of_groups(const float* scores, int64_t num_panels, int64_t num_groups, int64_t group_size, float* out) {
  for (int64_t group = 0; group < num_panels * num_groups; ++group) {
    for (int64_t c = 0; c < kPanelWidth; ++c) {
      float largest = scores[group * group_size * kPanelWidth + c];
      for (int64_t i = 1; i < group_size; ++i) {
        const float score = scores[(group * group_size + i) * kPanelWidth + c];
        if (score > largest) largest = score;
      }
      out[group * kPanelWidth + c] = largest;
    }
  }
}

void cap(float* scores, int64_t num_panels, int64_t num_rows, const float* caps) {
  for (int64_t row = 0; row < num_panels * num_rows; ++row) {
    for (int64_t c = 0; c < kPanelWidth; ++c) {
      const float limit = caps[row / num_rows * kPanelWidth + c];
      if (limit < scores[row * kPanelWidth + c]) scores[row * kPanelWidth + c] = limit;
    }
  }
}

void count(const float* scores, int64_t panel_stride, int64_t num_panels, float value, int64_t* greater, int64_t* equal) {
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t c = 0; c < kPanelWidth; ++c) {
      *greater += scores[p * panel_stride + c] > value;
      *equal += scores[p * panel_stride + c] == value;
    }
  }
}

int64_t collect_above(const float* scores, int64_t panel_stride, int64_t num_panels, float threshold, int32_t* items, float* item_scores) {
  int64_t found = 0;
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t c = 0; c < kPanelWidth; ++c) {
      if (!(scores[p * panel_stride + c] > threshold)) continue;
      items[found] = static_cast<int32_t>(p * kPanelWidth + c);
      item_scores[found++] = scores[p * panel_stride + c];
    }
  }
  return found;
}

}  // namespace

ScoreKernels score_kernels() { return {max_of_groups, cap, count, collect_above}; }

}  // namespace rechub::reference
