#include "rechub/eval/symmetric_inverse.h"

#include <algorithm>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/parallel.h"
#include "rechub/kernels/aligned_buffer.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kBlock = 256;    // rows swept together
constexpr int64_t kTileRows = 64;  // rows and panels whose product lies in the second cache
constexpr int64_t kTilePanels = 12;

int64_t num_panels_of(int64_t count) { return (count + kPanelWidth - 1) / kPanelWidth; }

// The inverse of a block [size, size] in double precision, row after row. `first_row` names it in errors.
void invert_block(std::vector<double>& block, int64_t size, int64_t first_row) {
  for (int64_t k = 0; k < size; ++k) {
    const double pivot = block[k * size + k];
    check(pivot > 0, ErrorKind::kData, "the matrix is not positive definite: row {} depends on the rows before it (pivot {:.3g})", first_row + k, pivot);
    std::vector<double> row(block.begin() + k * size, block.begin() + (k + 1) * size);
    for (int64_t i = 0; i < size; ++i) {
      if (i == k) continue;
      const double factor = block[i * size + k] / pivot;
      for (int64_t j = 0; j < size; ++j) block[i * size + j] -= factor * row[j];
      block[i * size + k] = factor;
    }
    for (int64_t j = 0; j < size; ++j) block[k * size + j] = row[j] / pivot;
    block[k * size + k] = -1 / pivot;
  }
  for (double& value : block) value = -value;
}

// Tile t of `count` in an order that gives neighbours in it the same work together: the rows of a triangle grow longer from first to last.
int64_t from_both_ends(int64_t t, int64_t count) { return t % 2 == 0 ? t / 2 : count - 1 - t / 2; }

// The matrix while its blocks are swept: of A the swept blocks K hold -(A_KK)^-1, the others A_ij - A_iK A_KK^-1 A_Kj, and those between the two A_iK A_KK^-1.
class Sweep {
 public:
  Sweep(std::span<float> matrix, int64_t n)
      : matrix_(matrix), n_(n), column_(n * kBlock), factor_(n * kBlock), panels_(num_panels_of(n) * kPanelWidth * kBlock), pivot_panels_(kBlock * kBlock) {}

  void block(int64_t begin, int64_t end) {
    begin_ = begin, end_ = end, size_ = end - begin;
    gather_column();
    invert_pivot();
    multiply_by_pivot();
    subtract_product();
    store_block();
  }

 private:
  float& at(int64_t i, int64_t j) { return matrix_[i * n_ + j]; }
  float* column(int64_t i) { return column_.data() + i * size_; }
  float* factor(int64_t i) { return factor_.data() + i * size_; }
  bool is_pivot(int64_t i) const { return begin_ <= i && i < end_; }

  // column [n, size] = A_:K, the part above the diagonal from its mirror image.
  void gather_column() {
    parallel_for((n_ + kTileRows - 1) / kTileRows, 1, [&](int64_t first, int64_t last, int) {
      for (int64_t tile = first * kTileRows; tile < std::min(last * kTileRows, n_); tile += kTileRows) {
        for (int64_t k = 0; k < size_; ++k) {
          for (int64_t i = tile; i < std::min(tile + kTileRows, n_); ++i) column(i)[k] = i >= begin_ + k ? at(i, begin_ + k) : at(begin_ + k, i);
        }
      }
    });
    kernels().panels.pack(column_.data(), n_, size_, 1, panels_.data(), num_panels_of(n_));
  }

  void invert_pivot() {
    pivot_.assign(column(begin_), column(begin_) + size_ * size_);
    invert_block(pivot_, size_, begin_);
    std::vector<float> rounded(pivot_.begin(), pivot_.end());
    kernels().panels.pack(rounded.data(), size_, size_, 1, pivot_panels_.data(), num_panels_of(size_));
  }

  // factor [n, size] = column pivot; zero in the rows of the block itself, which store_block writes.
  void multiply_by_pivot() {
    const int64_t panels = num_panels_of(size_);
    parallel_for((n_ + kTileRows - 1) / kTileRows, 1, [&](int64_t first, int64_t last, int) {
      AlignedBuffer product(panels * kTileRows * kPanelWidth);
      for (int64_t row = first * kTileRows; row < std::min(last * kTileRows, n_); row += kTileRows) {
        const int64_t rows = std::min(kTileRows, n_ - row);
        kernels().panels.dot(column(row), size_, rows, pivot_panels_.data(), panels, size_, product.data());
        for (int64_t i = 0; i < rows; ++i) {
          for (int64_t k = 0; k < size_; ++k) {
            factor(row + i)[k] = is_pivot(row + i) ? 0.0f : product.data()[(k / kPanelWidth * rows + i) * kPanelWidth + k % kPanelWidth];
          }
        }
      }
    });
  }

  // A_ij -= factor_i . column_j for j <= i, and in whole panels a little beyond, where nothing is read.
  void subtract_product() {
    const int64_t tiles = (n_ + kTileRows - 1) / kTileRows;
    parallel_for(tiles, 1, [&](int64_t first, int64_t last, int) {
      AlignedBuffer product(kTilePanels * kTileRows * kPanelWidth);
      for (int64_t t = first; t < last; ++t) {
        const int64_t row = from_both_ends(t, tiles) * kTileRows, rows = std::min(kTileRows, n_ - row);
        const int64_t panels = num_panels_of(row + rows);
        for (int64_t panel = 0; panel < panels; panel += kTilePanels) subtract_tile(row, rows, panel, std::min(kTilePanels, panels - panel), product.data());
      }
    });
  }

  void subtract_tile(int64_t row, int64_t rows, int64_t panel, int64_t panels, float* product) {
    kernels().panels.dot(factor(row), size_, rows, panels_.data() + panel * kPanelWidth * size_, panels, size_, product);
    for (int64_t p = 0; p < panels; ++p) {
      const int64_t first = (panel + p) * kPanelWidth, width = std::min(kPanelWidth, n_ - first);
      for (int64_t i = 0; i < rows; ++i) {
        const float* values = product + (p * rows + i) * kPanelWidth;
        float* target = matrix_.data() + (row + i) * n_ + first;
        for (int64_t c = 0; c < width; ++c) target[c] -= values[c];
      }
    }
  }

  void store_block() {
    for (int64_t k = 0; k < size_; ++k) {
      for (int64_t j = 0; j < begin_; ++j) at(begin_ + k, j) = factor(j)[k];
      for (int64_t j = 0; j <= k; ++j) at(begin_ + k, begin_ + j) = static_cast<float>(-pivot_[k * size_ + j]);
      for (int64_t i = end_; i < n_; ++i) at(i, begin_ + k) = factor(i)[k];
    }
  }

  std::span<float> matrix_;
  int64_t n_, begin_ = 0, end_ = 0, size_ = 0;
  AlignedBuffer column_, factor_, panels_, pivot_panels_;
  std::vector<double> pivot_;
};

}  // namespace

int64_t symmetric_inverse_workspace(int64_t n) { return static_cast<int64_t>(sizeof(float)) * kBlock * (2 * n + num_panels_of(n) * kPanelWidth + 6 * kBlock); }

void invert_symmetric(std::span<float> matrix, int64_t n) {
  check(n >= 0 && static_cast<int64_t>(matrix.size()) == n * n, ErrorKind::kShape, "expected a matrix of {} x {} values, got {}", n, n, matrix.size());
  Sweep sweep(matrix, n);
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    check_interruption();
    sweep.block(begin, std::min(begin + kBlock, n));
  }
  parallel_for((n + kTileRows - 1) / kTileRows, 1, [&](int64_t first, int64_t last, int) {
    for (int64_t tile = first * kTileRows; tile < std::min(last * kTileRows, n); tile += kTileRows) {
      for (int64_t j = 0; j < std::min(tile + kTileRows, n); ++j) {
        for (int64_t i = std::max(tile, j); i < std::min(tile + kTileRows, n); ++i) matrix[j * n + i] = matrix[i * n + j] = -matrix[i * n + j];
      }
    }
  });
}

}  // namespace rechub
