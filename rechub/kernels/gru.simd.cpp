#include "rechub/kernels/gru.h"

#include "rechub/kernels/panels.h"
#include "rechub/kernels/simd_activations.h"

namespace rechub::RECHUB_SIMD_LEVEL {
namespace {

constexpr int64_t padded(int64_t width) { return (width + kPanelWidth - 1) / kPanelWidth * kPanelWidth; }

// One vector of columns [column, column + count) of row i: where it lies in each kind of array.
struct Place {
  int64_t i, column, position, width, num_rows;
  int count;

  Vec read(const float* array, int64_t part, int64_t parts) const {  // [P, parts * H]
    const float* p = array + (position * parts + part) * width + column;
    return count == kWidth ? load(p) : load_first(p, count);
  }
  void write(float* array, int64_t part, int64_t parts, Vec v) const {
    float* p = array + (position * parts + part) * width + column;
    if (count == kWidth) {
      store(p, v);
    } else {
      store_first(p, v, count);
    }
  }
  float* in_block(float* array, int64_t part, int64_t parts) const { return array + (i * parts + part) * padded(width) + column; }  // [num_rows, parts * S]
  Vec product(const float* products, int64_t gate) const {
    const int64_t panel = gate * (padded(width) / kPanelWidth) + column / kPanelWidth;
    return load(products + (panel * num_rows + i) * kPanelWidth + column % kPanelWidth);
  }
  Vec bias(const float* biases, int64_t gate) const { return load(biases + gate * padded(width) + column); }
};

// Calls body(place) for every row and vector of columns.
template <class Step, class Body>
inline void for_each(const Step& step, const Body& body) {
  for (int64_t i = 0; i < step.num_rows; ++i) {
    for (int64_t column = 0; column < step.width; column += kWidth) {
      const int64_t rest = step.width - column;
      body(Place{i, column, step.positions[i], step.width, step.num_rows, static_cast<int>(rest < kWidth ? rest : kWidth)});
    }
  }
}

inline Vec input_of(const GruStep& s, const Place& at, int64_t gate) { return at.product(s.input_products, gate) + at.bias(s.input_bias, gate); }
inline Vec hidden_of(const GruStep& s, const Place& at, int64_t gate, int64_t bias_gate) { return at.product(s.hidden_products, gate) + at.bias(s.hidden_bias, bias_gate); }

inline void finish(const GruStep& s, const Place& at, Vec h, Vec next) {
  at.write(s.previous, 0, 1, h);
  at.write(s.out, 0, 1, next);
  store(at.in_block(s.state, 0, 1), next);
}

void reset_after(const GruStep& s) {
  for_each(s, [&](const Place& at) {
    const Vec h = load(at.in_block(s.state, 0, 1));
    const Vec r = sigmoid(input_of(s, at, 0) + hidden_of(s, at, 0, 0)), z = sigmoid(input_of(s, at, 1) + hidden_of(s, at, 1, 1));
    const Vec q = hidden_of(s, at, 2, 2), n = tanh(fma(r, q, input_of(s, at, 2)));
    at.write(s.gates, 0, 4, r);
    at.write(s.gates, 1, 4, z);
    at.write(s.gates, 2, 4, n);
    at.write(s.gates, 3, 4, q);
    finish(s, at, h, fma(z, h - n, n));
  });
}

void reset_before_gates(const GruStep& s) {
  for_each(s, [&](const Place& at) {
    const Vec r = sigmoid(input_of(s, at, 0) + hidden_of(s, at, 0, 0));
    at.write(s.gates, 0, 4, r);
    at.write(s.gates, 1, 4, sigmoid(input_of(s, at, 1) + hidden_of(s, at, 1, 1)));
    store(at.in_block(s.scratch, 0, 1), r * load(at.in_block(s.state, 0, 1)));
  });
}

void reset_before_state(const GruStep& s) {
  for_each(s, [&](const Place& at) {
    const Vec h = load(at.in_block(s.state, 0, 1)), z = at.read(s.gates, 1, 4), n = tanh(input_of(s, at, 2) + hidden_of(s, at, 0, 2));
    at.write(s.gates, 2, 4, n);
    finish(s, at, h, fma(z, n - h, h));
  });
}

inline void write_gradients(const GruBackwardStep& s, const Place& at, int64_t gate, Vec input, Vec hidden) {
  at.write(s.input_gradient, gate, 3, input);
  store(at.in_block(s.product_gradient, gate, 3), hidden);
}

void reset_after_backward(const GruBackwardStep& s) {
  const Vec one = broadcast(1.0f);
  for_each(s, [&](const Place& at) {
    const Vec r = at.read(s.gates, 0, 4), z = at.read(s.gates, 1, 4), n = at.read(s.gates, 2, 4), q = at.read(s.gates, 3, 4), h = at.read(s.previous, 0, 1);
    float* carried = at.in_block(s.state_gradient, 0, 1);
    const Vec dh = load(carried) + at.read(s.out_gradient, 0, 1);
    const Vec dn = dh * (one - z) * (one - n * n), dr = dn * q * r * (one - r), dz = dh * (h - n) * z * (one - z);
    write_gradients(s, at, 0, dr, dr);
    write_gradients(s, at, 1, dz, dz);
    write_gradients(s, at, 2, dn, dn * r);
    at.write(s.hidden_gradient, 0, 1, dn * r);
    store(carried, dh * z);
  });
}

void reset_before_state_backward(const GruBackwardStep& s) {
  const Vec one = broadcast(1.0f);
  for_each(s, [&](const Place& at) {
    const Vec z = at.read(s.gates, 1, 4), n = at.read(s.gates, 2, 4), h = at.read(s.previous, 0, 1);
    float* carried = at.in_block(s.state_gradient, 0, 1);
    const Vec dh = load(carried) + at.read(s.out_gradient, 0, 1);
    const Vec dn = dh * z * (one - n * n), dz = dh * (n - h) * z * (one - z);
    write_gradients(s, at, 1, dz, dz);
    write_gradients(s, at, 2, dn, dn);
    store(carried, dh * (one - z));
  });
}

void reset_before_gates_backward(const GruBackwardStep& s) {
  for_each(s, [&](const Place& at) {
    const Vec r = at.read(s.gates, 0, 4), h = at.read(s.previous, 0, 1), reset = at.product(s.hidden_products, 0);
    const Vec dr = reset * h * r * (broadcast(1.0f) - r);
    write_gradients(s, at, 0, dr, dr);
    float* carried = at.in_block(s.state_gradient, 0, 1);
    store(carried, fma(reset, r, load(carried)));
  });
}

void add_products(const float* products, int64_t num_rows, int64_t num_panels, float* state_gradient) {
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t i = 0; i < num_rows; ++i) {
      float* to = state_gradient + (i * num_panels + p) * kPanelWidth;
      const float* from = products + (p * num_rows + i) * kPanelWidth;
      for (int64_t c = 0; c < kPanelWidth; c += kWidth) store(to + c, load(to + c) + load(from + c));
    }
  }
}

}  // namespace

GruKernels gru_kernels() {
  return {reset_after, reset_after_backward, reset_before_gates, reset_before_state, reset_before_state_backward, reset_before_gates_backward, add_products};
}

}  // namespace rechub::RECHUB_SIMD_LEVEL
