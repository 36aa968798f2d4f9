#include "rechub/kernels/softmax_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/kernels/aligned_buffer.h"

namespace rechub {
namespace {

constexpr int64_t kTileItems = 96;                     // a tile's items stay in the first cache; a multiple of the kernels' 6 and 8 rows
constexpr int64_t kMaxBlockRows = 96;                  // measured: more rows a block read w and dw less often, but push the logits out of the second cache
constexpr int64_t kMaxBlockLogits = int64_t{1} << 24;  // keeps a thread's block within 64 MB where the catalogue is large

int64_t round_up(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

int64_t block_rows(int64_t num_rows, int64_t num_items) {
  const int64_t fitting = std::clamp(kMaxBlockLogits / num_items / kPanelWidth * kPanelWidth, kPanelWidth, kMaxBlockRows);
  const int64_t num_blocks = (num_rows + fitting - 1) / fitting;
  return round_up((num_rows + num_blocks - 1) / num_blocks, kPanelWidth);
}

AlignedBuffer zeros(int64_t size) {
  AlignedBuffer buffer(size);
  std::fill_n(buffer.data(), size, 0.0f);
  return buffer;
}

// Rows of `dim` floats copied to rows of `padded` floats, zeros behind.
void copy_padded(const float* from, int64_t count, int64_t dim, int64_t padded, float* to) {
  for (int64_t i = 0; i < count; ++i) {
    std::copy_n(from + i * dim, dim, to + i * padded);
    std::fill_n(to + i * padded + dim, padded - dim, 0.0f);
  }
}

// What is common to all threads of one call; the kernels want rows of a multiple of kPanelWidth floats.
struct Problem {
  const SoftmaxLossInput& in;
  const SoftmaxLossOutput& out;
  const KernelTable& table;
  int64_t padded_dim;
  const float* items;  // w, rows padded to padded_dim
  std::vector<double>& losses;

  double weight(int64_t row) const { return in.weights ? static_cast<double>(in.weights[row]) : 1.0; }
};

// One thread's workspace, for rows in blocks of at most `capacity`.
class Worker {
 public:
  Worker(const Problem& problem, int64_t capacity)
      : problem_(problem),
        panels_(capacity * problem.in.dim),
        tiles_(capacity * problem.in.num_items),
        factors_(capacity * problem.padded_dim),
        dx_(capacity * problem.padded_dim),
        tile_maxima_(capacity * ((problem.in.num_items + kTileItems - 1) / kTileItems)),
        sums_(capacity),
        rescale_(capacity),
        target_logits_(capacity),
        capacity_(capacity) {}

  // Rows [begin, end) of the batch; adds to item_gradients [num_items, padded_dim] unless that is null.
  void run(int64_t begin, int64_t end, float* item_gradients) {
    for (int64_t first = begin; first < end; first += capacity_) run_block(first, std::min(end - first, capacity_), item_gradients);
  }

 private:
  void run_block(int64_t first, int64_t count, float* item_gradients) {
    first_ = first;
    count_ = count;
    num_panels_ = (count + kPanelWidth - 1) / kPanelWidth;
    const auto row_is_before = [](const std::pair<int64_t, int64_t>& place, int64_t row) { return place.first < row; };
    const auto& all = problem_.in.excluded;
    excluded_ = {std::lower_bound(all.begin(), all.end(), first, row_is_before), std::lower_bound(all.begin(), all.end(), first + count, row_is_before)};
    forward();
    finish_rows();
    if (item_gradients) backward_items(item_gradients);
  }

  int64_t padded_rows() const { return num_panels_ * kPanelWidth; }
  int64_t num_tiles() const { return (problem_.in.num_items + kTileItems - 1) / kTileItems; }
  int64_t tile_begin(int64_t tile) const { return tile * kTileItems; }
  int64_t tile_size(int64_t tile) const { return std::min(kTileItems, problem_.in.num_items - tile_begin(tile)); }
  float* tile_data(int64_t tile) { return tiles_.data() + tile_begin(tile) * padded_rows(); }
  float* maxima(int64_t tile) { return tile_maxima_.data() + tile * padded_rows(); }

  // Logits, their exponentials relative to the running maximum, and sum_j exp(.) w_j, tile by tile.
  void forward() {
    const SoftmaxLossInput& in = problem_.in;
    problem_.table.panels.pack(in.x + first_ * in.dim, count_, in.dim, in.scale, panels_.data(), num_panels_);
    start_rows();
    if (problem_.out.dx) std::fill_n(dx_.data(), padded_rows() * problem_.padded_dim, 0.0f);
    for (int64_t tile = 0; tile < num_tiles(); ++tile) {
      const float* items = problem_.items + tile_begin(tile) * problem_.padded_dim;
      const int64_t size = tile_size(tile);
      problem_.table.panels.dot(items, problem_.padded_dim, size, panels_.data(), num_panels_, in.dim, tile_data(tile));
      if (in.targets) pick_targets(tile);
      adjust(tile);
      if (tile > 0) std::copy_n(maxima(tile - 1), padded_rows(), maxima(tile));
      problem_.table.softmax_tile.exponentiate(tile_data(tile), num_panels_, size, maxima(tile), sums_.data(), rescale_.data());
      if (problem_.out.dx) problem_.table.softmax_tile.accumulate_rows(tile_data(tile), num_panels_, size, rescale_.data(), items, problem_.padded_dim, dx_.data());
    }
  }

  // Maxima and sums before the first tile: of nothing, or of a target that stands beside the items.
  void start_rows() {
    const float* targets = problem_.in.target_logits;
    std::fill_n(maxima(0), padded_rows(), -std::numeric_limits<float>::infinity());
    std::fill_n(sums_.data(), padded_rows(), 0.0f);
    if (!targets) return;
    std::copy_n(targets + first_, count_, maxima(0));
    std::copy_n(targets + first_, count_, target_logits_.data());
    std::fill_n(sums_.data(), count_, 1.0f);
  }

  float& logit(int64_t tile, int64_t row, int64_t item) { return tile_data(tile)[(row / kPanelWidth * tile_size(tile) + item) * kPanelWidth + row % kPanelWidth]; }

  void pick_targets(int64_t tile) {
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t item = problem_.in.targets[first_ + i] - tile_begin(tile);
      if (item >= 0 && item < tile_size(tile)) target_logits_.data()[i] = logit(tile, i, item);
    }
  }

  // The items' biases, and what is excluded.
  void adjust(int64_t tile) {
    if (const float* bias = problem_.in.item_bias) {
      for (int64_t line = 0; line < num_panels_ * tile_size(tile); ++line) {
        const float add = bias[tile_begin(tile) + line % tile_size(tile)];
        float* logits = tile_data(tile) + line * kPanelWidth;
        for (int64_t c = 0; c < kPanelWidth; ++c) logits[c] += add;
      }
    }
    for (const auto& [row, item] : excluded_) {
      const int64_t place = item - tile_begin(tile);
      if (place >= 0 && place < tile_size(tile)) logit(tile, row - first_, place) = -std::numeric_limits<float>::infinity();
    }
  }

  void finish_rows() {
    const SoftmaxLossInput& in = problem_.in;
    for (int64_t i = 0; i < count_; ++i) {
      const int64_t row = first_ + i;
      const double loss = std::log(static_cast<double>(sums_.data()[i])) + maxima(num_tiles() - 1)[i] - target_logits_.data()[i];
      problem_.losses[row] = loss * problem_.weight(row);
      if (problem_.out.row_losses) problem_.out.row_losses[row] = static_cast<float>(loss);
      if (problem_.out.dtargets) problem_.out.dtargets[row] = static_cast<float>(std::expm1(-loss) * problem_.weight(row));
      if (!problem_.out.dx) continue;
      const auto weight = static_cast<float>(problem_.weight(row) * in.scale);
      const float normaliser = 1.0f / sums_.data()[i];
      float* dx = problem_.out.dx + row * in.dim;
      for (int64_t d = 0; d < in.dim; ++d) dx[d] = weight * dx_.data()[i * problem_.padded_dim + d] * normaliser;
      if (!in.targets) continue;
      const float* target = in.w + in.targets[row] * in.dim;
      for (int64_t d = 0; d < in.dim; ++d) dx[d] -= weight * target[d];
    }
  }

  // dw += (softmax - onehot)^T (weight * scale * x). The tiles made last are met first: they are still in the cache.
  void backward_items(float* gradients) {
    const SoftmaxLossInput& in = problem_.in;
    std::fill_n(factors_.data() + count_ * problem_.padded_dim, (padded_rows() - count_) * problem_.padded_dim, 0.0f);
    for (int64_t tile = num_tiles() - 1; tile >= 0; --tile) {
      scale_rows(tile);
      problem_.table.softmax_tile.accumulate_items(tile_data(tile), num_panels_, tile_size(tile), factors_.data(), problem_.padded_dim,
                                                   gradients + tile_begin(tile) * problem_.padded_dim);
    }
    for (int64_t i = 0; in.targets && i < count_; ++i) {
      const auto weight = static_cast<float>(problem_.weight(first_ + i) * in.scale);
      float* target = gradients + in.targets[first_ + i] * problem_.padded_dim;
      for (int64_t d = 0; d < in.dim; ++d) target[d] -= weight * in.x[(first_ + i) * in.dim + d];
    }
  }

  // x times all that turns a tile's exponentials into probabilities times weight * scale.
  void scale_rows(int64_t tile) {
    const SoftmaxLossInput& in = problem_.in;
    const float* last = maxima(num_tiles() - 1);
    for (int64_t i = 0; i < count_; ++i) {
      if (tile < num_tiles() - 1 && maxima(tile)[i] == maxima(tile + 1)[i]) continue;
      const auto factor = static_cast<float>(std::exp(maxima(tile)[i] - last[i]) / sums_.data()[i] * problem_.weight(first_ + i) * in.scale);
      float* row = factors_.data() + i * problem_.padded_dim;
      for (int64_t d = 0; d < in.dim; ++d) row[d] = factor * in.x[(first_ + i) * in.dim + d];
      std::fill_n(row + in.dim, problem_.padded_dim - in.dim, 0.0f);
    }
  }

  const Problem& problem_;
  AlignedBuffer panels_;       // the block's x times scale, in panels
  AlignedBuffer tiles_;        // the block's logits, then exponentials: tile after tile [panels][items][kPanelWidth]
  AlignedBuffer factors_;      // [rows, padded_dim], see scale_rows
  AlignedBuffer dx_;           // [rows, padded_dim]
  AlignedBuffer tile_maxima_;  // [tiles, rows]: the running maximum each tile was made with
  AlignedBuffer sums_, rescale_, target_logits_;
  int64_t capacity_;
  std::span<const std::pair<int64_t, int64_t>> excluded_;  // of the block
  int64_t first_ = 0, count_ = 0, num_panels_ = 0;
};

void check_input(const SoftmaxLossInput& in) {
  check(in.num_rows >= 0 && in.num_items > 0 && in.dim > 0, ErrorKind::kShape, "full softmax: expected at least one item and one dimension, got {} rows, {} items, {} dimensions",
        in.num_rows, in.num_items, in.dim);
  check(in.num_rows == 0 || (in.targets == nullptr) != (in.target_logits == nullptr), ErrorKind::kInternal,
        "softmax: expected targets among the items or their logits beside them, got both or none");
  for (int64_t r = 0; in.targets && r < in.num_rows; ++r) {
    check(in.targets[r] >= 0 && in.targets[r] < in.num_items, ErrorKind::kData, "full softmax: target {} of row {} is outside the {} items", in.targets[r], r, in.num_items);
  }
}

// dw = the threads' gradients, summed in the threads' order.
void sum_gradients(const std::vector<AlignedBuffer>& gradients, const SoftmaxLossInput& in, int64_t padded_dim, float* dw) {
  parallel_for(in.num_items, 256, [&](int64_t begin, int64_t end, int) {
    for (int64_t j = begin; j < end; ++j) {
      std::fill_n(dw + j * in.dim, in.dim, 0.0f);
      for (const AlignedBuffer& gradient : gradients) {
        if (gradient.size() == 0) continue;
        for (int64_t d = 0; d < in.dim; ++d) dw[j * in.dim + d] += gradient.data()[j * padded_dim + d];
      }
    }
  });
}

}  // namespace

double softmax_loss(const SoftmaxLossInput& in, const SoftmaxLossOutput& out, const KernelTable& table) {
  check_input(in);
  const int64_t padded_dim = round_up(in.dim, kPanelWidth);
  AlignedBuffer padded_items;
  if (padded_dim != in.dim) {
    padded_items = AlignedBuffer(in.num_items * padded_dim);
    copy_padded(in.w, in.num_items, in.dim, padded_dim, padded_items.data());
  }
  std::vector<double> losses(in.num_rows);
  const Problem problem{in, out, table, padded_dim, padded_items.size() > 0 ? padded_items.data() : in.w, losses};
  std::vector<AlignedBuffer> gradients(num_threads());
  parallel_for(in.num_rows, kPanelWidth, [&](int64_t begin, int64_t end, int thread) {
    if (out.dw) gradients[thread] = zeros(in.num_items * padded_dim);
    Worker(problem, block_rows(end - begin, in.num_items)).run(begin, end, out.dw ? gradients[thread].data() : nullptr);
  });
  if (out.dw) sum_gradients(gradients, in, padded_dim, out.dw);
  double total = 0;
  for (double loss : losses) total += loss;
  return total;
}

}  // namespace rechub
