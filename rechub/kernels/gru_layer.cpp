#include "rechub/kernels/gru_layer.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "rechub/base/parallel.h"
#include "rechub/kernels/aligned_buffer.h"

namespace rechub {
namespace {

constexpr int64_t kBlockRows = 16;

int64_t padded(int64_t width) { return (width + kPanelWidth - 1) / kPanelWidth * kPanelWidth; }

AlignedBuffer zeros(int64_t size) {
  AlignedBuffer buffer(size);
  std::fill_n(buffer.data(), size, 0.0f);
  return buffer;
}

// Rows of a weight [3 H, dim] as panels, each gate rounded up to whole panels.
AlignedBuffer pack_gates(const float* weight, int64_t width, int64_t dim, const KernelTable& table) {
  const int64_t size = padded(width);
  AlignedBuffer panels(3 * size * dim);
  for (int64_t gate = 0; gate < 3; ++gate) table.panels.pack(weight + gate * width * dim, width, dim, 1.0f, panels.data() + gate * size * dim, size / kPanelWidth);
  return panels;
}

// Columns of some gates of weight_hh [3 H, H] as panels of dim gates * S: element g * S + c of vector k is weight_hh[(first_gate + g) * H + c][k].
AlignedBuffer pack_transposed(const float* weight_hh, int64_t width, int64_t first_gate, int64_t gates, const KernelTable& table) {
  const int64_t size = padded(width), dim = gates * size;
  std::vector<float> columns(width * dim, 0.0f);
  for (int64_t gate = 0; gate < gates; ++gate) {
    for (int64_t c = 0; c < width; ++c) {
      for (int64_t k = 0; k < width; ++k) columns[k * dim + gate * size + c] = weight_hh[((first_gate + gate) * width + c) * width + k];
    }
  }
  AlignedBuffer panels(size * dim);
  table.panels.pack(columns.data(), width, dim, 1.0f, panels.data(), size / kPanelWidth);
  return panels;
}

AlignedBuffer pad_bias(const float* bias, int64_t width) {
  AlignedBuffer result = zeros(3 * padded(width));
  for (int64_t gate = 0; gate < 3; ++gate) std::copy_n(bias + gate * width, width, result.data() + gate * padded(width));
  return result;
}

// The windows that are not empty, longest first, so that the rows alive at a step are the first of a block.
std::vector<int64_t> sorted_windows(const GruLayer& layer) {
  std::vector<int64_t> order;
  for (int64_t w = 0; w < layer.num_windows; ++w) {
    if (layer.end[w] > layer.begin[w]) order.push_back(w);
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return layer.end[a] - layer.begin[a] > layer.end[b] - layer.begin[b]; });
  return order;
}

// Calls make_worker() once a thread and its worker's run(windows) for each of the thread's blocks; long and short blocks alternate between threads.
template <class MakeWorker>
void for_each_block(const GruLayer& layer, const MakeWorker& make_worker) {
  const std::vector<int64_t> order = sorted_windows(layer);
  const auto count = static_cast<int64_t>(order.size());
  const int64_t blocks = (count + kBlockRows - 1) / kBlockRows, shares = std::min<int64_t>(num_threads(), blocks);
  parallel_for(shares, 1, [&](int64_t first, int64_t last, int) {
    auto worker = make_worker();
    for (int64_t share = first; share < last; ++share) {
      for (int64_t block = share; block < blocks; block += shares) {
        const int64_t begin = block * kBlockRows;
        worker.run(std::span(order).subspan(begin, std::min(kBlockRows, count - begin)));
      }
    }
  });
}

// Which rows of a block stand where at step t.
struct Alive {
  std::array<int64_t, kBlockRows> positions;
  int64_t count = 0;
};
Alive alive_at(const GruLayer& layer, std::span<const int64_t> windows, int64_t t) {
  Alive alive;
  for (int64_t window : windows) {
    if (layer.begin[window] + t >= layer.end[window]) break;
    alive.positions[alive.count++] = layer.begin[window] + t;
  }
  return alive;
}

struct ForwardWeights {
  AlignedBuffer ih, hh, bias_ih, bias_hh;
};

class ForwardWorker {
 public:
  ForwardWorker(const GruLayer& layer, const ForwardWeights& weights, const float* x, const GruStates& states, const KernelTable& table)
      : layer_(layer),
        weights_(weights),
        x_(x),
        table_(table),
        size_(padded(layer.width)),
        rows_(kBlockRows * layer.input_width),
        input_products_(3 * size_ * kBlockRows),
        hidden_products_(3 * size_ * kBlockRows),
        state_(size_ * kBlockRows),
        scratch_(zeros(size_ * kBlockRows)) {
    step_.width = layer.width;
    step_.input_products = input_products_.data();
    step_.hidden_products = hidden_products_.data();
    step_.input_bias = weights.bias_ih.data();
    step_.hidden_bias = weights.bias_hh.data();
    step_.state = state_.data();
    step_.scratch = scratch_.data();
    step_.gates = states.gates;
    step_.previous = states.previous;
    step_.out = states.out;
  }

  void run(std::span<const int64_t> windows) {
    std::fill_n(state_.data(), state_.size(), 0.0f);
    const int64_t length = layer_.end[windows[0]] - layer_.begin[windows[0]];
    for (int64_t t = 0; t < length; ++t) {
      const Alive alive = alive_at(layer_, windows, t);
      step_.num_rows = alive.count;
      step_.positions = alive.positions.data();
      multiply_input(alive);
      if (layer_.resets_before) {
        multiply_state(state_, 0, 2);
        table_.gru.reset_before_gates(step_);
        multiply_state(scratch_, 2, 1);
        table_.gru.reset_before_state(step_);
      } else {
        multiply_state(state_, 0, 3);
        table_.gru.reset_after(step_);
      }
    }
  }

 private:
  void multiply_input(const Alive& alive) {
    for (int64_t i = 0; i < alive.count; ++i) std::copy_n(x_ + alive.positions[i] * layer_.input_width, layer_.input_width, rows_.data() + i * layer_.input_width);
    table_.panels.dot(rows_.data(), layer_.input_width, alive.count, weights_.ih.data(), 3 * size_ / kPanelWidth, layer_.input_width, input_products_.data());
  }
  void multiply_state(const AlignedBuffer& rows, int64_t first_gate, int64_t gates) {
    table_.panels.dot(rows.data(), size_, step_.num_rows, weights_.hh.data() + first_gate * size_ * layer_.width, gates * size_ / kPanelWidth, layer_.width,
                      hidden_products_.data());
  }

  const GruLayer& layer_;
  const ForwardWeights& weights_;
  const float* x_;
  const KernelTable& table_;
  int64_t size_;  // S
  AlignedBuffer rows_, input_products_, hidden_products_, state_, scratch_;
  GruStep step_;
};

// The columns of weight_hh that a gradient runs back through: of all gates, or of r and z (`joint`) and of n on its own.
struct BackwardWeights {
  AlignedBuffer joint, candidate;
};

class BackwardWorker {
 public:
  BackwardWorker(const GruLayer& layer, const BackwardWeights& weights, const GruStates& states, const GruGradients& gradients, const KernelTable& table)
      : layer_(layer),
        weights_(weights),
        table_(table),
        size_(padded(layer.width)),
        products_(size_ * kBlockRows),
        state_gradient_(size_ * kBlockRows),
        product_gradient_(zeros(3 * size_ * kBlockRows)) {
    step_.width = layer.width;
    step_.gates = states.gates;
    step_.previous = states.previous;
    step_.out_gradient = gradients.out;
    step_.hidden_products = products_.data();
    step_.state_gradient = state_gradient_.data();
    step_.product_gradient = product_gradient_.data();
    step_.input_gradient = gradients.input;
    step_.hidden_gradient = gradients.hidden;
  }

  void run(std::span<const int64_t> windows) {
    std::fill_n(state_gradient_.data(), state_gradient_.size(), 0.0f);
    const int64_t length = layer_.end[windows[0]] - layer_.begin[windows[0]];
    for (int64_t t = length - 1; t >= 0; --t) {
      const Alive alive = alive_at(layer_, windows, t);
      step_.num_rows = alive.count;
      step_.positions = alive.positions.data();
      if (layer_.resets_before) {
        table_.gru.reset_before_state_backward(step_);
        multiply(2, 1, weights_.candidate);
        table_.gru.reset_before_gates_backward(step_);
        multiply(0, 2, weights_.joint);
      } else {
        table_.gru.reset_after_backward(step_);
        multiply(0, 3, weights_.joint);
      }
      table_.gru.add_products(products_.data(), alive.count, size_ / kPanelWidth, state_gradient_.data());
    }
  }

 private:
  void multiply(int64_t first_gate, int64_t gates, const AlignedBuffer& panels) {
    table_.panels.dot(product_gradient_.data() + first_gate * size_, 3 * size_, step_.num_rows, panels.data(), size_ / kPanelWidth, gates * size_, products_.data());
  }

  const GruLayer& layer_;
  const BackwardWeights& weights_;
  const KernelTable& table_;
  int64_t size_;  // S
  AlignedBuffer products_, state_gradient_, product_gradient_;
  GruBackwardStep step_;
};

}  // namespace

void gru_forward(const GruLayer& layer, const float* x, const GruStates& states, const KernelTable& table) {
  const ForwardWeights weights = {pack_gates(layer.weight_ih, layer.width, layer.input_width, table), pack_gates(layer.weight_hh, layer.width, layer.width, table),
                                  pad_bias(layer.bias_ih, layer.width), pad_bias(layer.bias_hh, layer.width)};
  for_each_block(layer, [&] { return ForwardWorker(layer, weights, x, states, table); });
}

void gru_backward(const GruLayer& layer, const GruStates& states, const GruGradients& gradients, const KernelTable& table) {
  BackwardWeights weights;
  weights.joint = pack_transposed(layer.weight_hh, layer.width, 0, layer.resets_before ? 2 : 3, table);
  if (layer.resets_before) weights.candidate = pack_transposed(layer.weight_hh, layer.width, 2, 1, table);
  for_each_block(layer, [&] { return BackwardWorker(layer, weights, states, gradients, table); });
}

}  // namespace rechub
