#pragma once

#include <cstdint>

namespace rechub {

// What ranking does with a tile of scores [num_panels][num_rows][kPanelWidth] as PanelKernels::dot gives it: row i is a query, column c of panel p is item p * kPanelWidth + c.
// Where a function takes one row, `scores` points at that row in panel 0 and panels lie panel_stride floats apart. Hidden items score -infinity. Scores are not NaN.
struct ScoreKernels {
  // out[p][g][c] = the largest of the group_size > 0 neighbouring rows of group g. out may be `scores`.
  void (*max_of_groups)(const float* scores, int64_t num_panels, int64_t num_groups, int64_t group_size, float* out);

  // Every row's score of an item becomes at most caps[item] (num_panels * kPanelWidth values: infinity leaves a score as it is, -infinity hides it).
  void (*cap)(float* scores, int64_t num_panels, int64_t num_rows, const float* caps);

  // Adds to *greater and *equal how many scores of a row are above and equal to `value`.
  void (*count)(const float* scores, int64_t panel_stride, int64_t num_panels, float value, int64_t* greater, int64_t* equal);

  // Writes the items of a row that score above `threshold`, in order, with their scores; returns how many. Both arrays have room for num_panels * kPanelWidth.
  int64_t (*collect_above)(const float* scores, int64_t panel_stride, int64_t num_panels, float threshold, int32_t* items, float* item_scores);
};

namespace reference {
ScoreKernels score_kernels();
}
namespace avx2 {
ScoreKernels score_kernels();
}
namespace avx512 {
ScoreKernels score_kernels();
}

}  // namespace rechub
