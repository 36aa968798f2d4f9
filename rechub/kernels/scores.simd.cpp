#include "rechub/kernels/scores.h"

#include "rechub/kernels/panels.h"
#include "rechub/kernels/simd.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

void max_of_groups(const float* scores, int64_t num_panels, int64_t num_groups, int64_t group_size, float* out) {
  for (int64_t group = 0; group < num_panels * num_groups; ++group) {
    const float* rows = scores + group * group_size * kPanelWidth;
    for (int64_t c = 0; c < kPanelWidth; c += kWidth) {
      Vec largest = load(rows + c);
      for (int64_t i = 1; i < group_size; ++i) largest = max_or_second(load(rows + i * kPanelWidth + c), largest);
      store(out + group * kPanelWidth + c, largest);
    }
  }
}

void cap(float* scores, int64_t num_panels, int64_t num_rows, const float* caps) {
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t c = 0; c < kPanelWidth; c += kWidth) {
      const Vec limit = load(caps + p * kPanelWidth + c);
      float* column = scores + p * num_rows * kPanelWidth + c;
      for (int64_t i = 0; i < num_rows; ++i) store(column + i * kPanelWidth, min_or_second(limit, load(column + i * kPanelWidth)));
    }
  }
}

void count(const float* scores, int64_t panel_stride, int64_t num_panels, float value, int64_t* greater_count, int64_t* equal_count) {
  const Vec bound = broadcast(value);
  int64_t above = 0, same = 0;
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t c = 0; c < kPanelWidth; c += kWidth) {
      const Vec score = load(scores + p * panel_stride + c);
      above += __builtin_popcount(bits(greater(score, bound)));
      same += __builtin_popcount(bits(equal(score, bound)));
    }
  }
  *greater_count += above;
  *equal_count += same;
}

int64_t collect_above(const float* scores, int64_t panel_stride, int64_t num_panels, float threshold, int32_t* items, float* item_scores) {
  const Vec bound = broadcast(threshold);
  int64_t found = 0;
  for (int64_t p = 0; p < num_panels; ++p) {
    const float* panel = scores + p * panel_stride;
    for (int64_t c = 0; c < kPanelWidth; c += kWidth) {
      for (unsigned hits = bits(greater(load(panel + c), bound)); hits != 0; hits &= hits - 1) {
        const int64_t column = c + __builtin_ctz(hits);
        items[found] = static_cast<int32_t>(p * kPanelWidth + column);
        item_scores[found++] = panel[column];
      }
    }
  }
  return found;
}

}  // namespace

ScoreKernels score_kernels() { return {max_of_groups, cap, count, collect_above}; }

}  // namespace rechub::RECHUB_SIMD_LEVEL
