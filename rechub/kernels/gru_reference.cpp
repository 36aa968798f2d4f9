#include <cmath>

#include "rechub/kernels/gru.h"
#include "rechub/kernels/panels.h"

namespace rechub::reference {
namespace {

float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

int64_t padded(int64_t width) { return (width + kPanelWidth - 1) / kPanelWidth * kPanelWidth; }

// Calls body(i, c, position, ...) for every row and column.
template <class Step, class Body>
void for_each(const Step& step, const Body& body) {
  for (int64_t i = 0; i < step.num_rows; ++i) {
    for (int64_t c = 0; c < step.width; ++c) body(i, c, step.positions[i]);
  }
}

float product(const float* products, int64_t gate, int64_t num_rows, int64_t width, int64_t i, int64_t c) {
  const int64_t panel = gate * (padded(width) / kPanelWidth) + c / kPanelWidth;
  return products[(panel * num_rows + i) * kPanelWidth + c % kPanelWidth];
}

float input_of(const GruStep& s, int64_t gate, int64_t i, int64_t c) {
  return product(s.input_products, gate, s.num_rows, s.width, i, c) + s.input_bias[gate * padded(s.width) + c];
}
float hidden_of(const GruStep& s, int64_t gate, int64_t bias_gate, int64_t i, int64_t c) {
  return product(s.hidden_products, gate, s.num_rows, s.width, i, c) + s.hidden_bias[bias_gate * padded(s.width) + c];
}

void finish(const GruStep& s, int64_t i, int64_t c, int64_t position, float h, float next) {
  s.previous[position * s.width + c] = h;
  s.out[position * s.width + c] = next;
  s.state[i * padded(s.width) + c] = next;
}

void reset_after(const GruStep& s) {
  for_each(s, [&](int64_t i, int64_t c, int64_t position) {
    const float h = s.state[i * padded(s.width) + c];
    const float r = sigmoid(input_of(s, 0, i, c) + hidden_of(s, 0, 0, i, c)), z = sigmoid(input_of(s, 1, i, c) + hidden_of(s, 1, 1, i, c));
    const float q = hidden_of(s, 2, 2, i, c), n = std::tanh(input_of(s, 2, i, c) + r * q);
    float* gates = s.gates + position * 4 * s.width + c;
    gates[0] = r;
    gates[s.width] = z;
    gates[2 * s.width] = n;
    gates[3 * s.width] = q;
    finish(s, i, c, position, h, (1 - z) * n + z * h);
  });
}

void reset_before_gates(const GruStep& s) {
  for_each(s, [&](int64_t i, int64_t c, int64_t position) {
    float* gates = s.gates + position * 4 * s.width + c;
    gates[0] = sigmoid(input_of(s, 0, i, c) + hidden_of(s, 0, 0, i, c));
    gates[s.width] = sigmoid(input_of(s, 1, i, c) + hidden_of(s, 1, 1, i, c));
    s.scratch[i * padded(s.width) + c] = gates[0] * s.state[i * padded(s.width) + c];
  });
}

void reset_before_state(const GruStep& s) {
  for_each(s, [&](int64_t i, int64_t c, int64_t position) {
    float* gates = s.gates + position * 4 * s.width + c;
    const float h = s.state[i * padded(s.width) + c], z = gates[s.width], n = std::tanh(input_of(s, 2, i, c) + hidden_of(s, 0, 2, i, c));
    gates[2 * s.width] = n;
    finish(s, i, c, position, h, z * n + (1 - z) * h);
  });
}

// Writes the gradient of gate g's W x + b at row i, column c, and that of its product with U.
void write_gradients(const GruBackwardStep& s, int64_t gate, int64_t i, int64_t c, int64_t position, float input, float hidden) {
  s.input_gradient[(position * 3 + gate) * s.width + c] = input;
  s.product_gradient[(i * 3 + gate) * padded(s.width) + c] = hidden;
}

void reset_after_backward(const GruBackwardStep& s) {
  for_each(s, [&](int64_t i, int64_t c, int64_t position) {
    const float* gates = s.gates + position * 4 * s.width + c;
    const float r = gates[0], z = gates[s.width], n = gates[2 * s.width], q = gates[3 * s.width], h = s.previous[position * s.width + c];
    float& carried = s.state_gradient[i * padded(s.width) + c];
    const float dh = carried + s.out_gradient[position * s.width + c];
    const float dn = dh * (1 - z) * (1 - n * n), dr = dn * q * r * (1 - r), dz = dh * (h - n) * z * (1 - z);
    write_gradients(s, 0, i, c, position, dr, dr);
    write_gradients(s, 1, i, c, position, dz, dz);
    write_gradients(s, 2, i, c, position, dn, dn * r);
    s.hidden_gradient[position * s.width + c] = dn * r;
    carried = dh * z;
  });
}

void reset_before_state_backward(const GruBackwardStep& s) {
  for_each(s, [&](int64_t i, int64_t c, int64_t position) {
    const float* gates = s.gates + position * 4 * s.width + c;
    const float z = gates[s.width], n = gates[2 * s.width], h = s.previous[position * s.width + c];
    float& carried = s.state_gradient[i * padded(s.width) + c];
    const float dh = carried + s.out_gradient[position * s.width + c];
    const float dn = dh * z * (1 - n * n), dz = dh * (n - h) * z * (1 - z);
    write_gradients(s, 1, i, c, position, dz, dz);
    write_gradients(s, 2, i, c, position, dn, dn);
    carried = dh * (1 - z);
  });
}

void reset_before_gates_backward(const GruBackwardStep& s) {
  for_each(s, [&](int64_t i, int64_t c, int64_t position) {
    const float r = s.gates[position * 4 * s.width + c], h = s.previous[position * s.width + c], reset = product(s.hidden_products, 0, s.num_rows, s.width, i, c);
    const float dr = reset * h * r * (1 - r);
    write_gradients(s, 0, i, c, position, dr, dr);
    s.state_gradient[i * padded(s.width) + c] += reset * r;
  });
}

void add_products(const float* products, int64_t num_rows, int64_t num_panels, float* state_gradient) {
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t i = 0; i < num_rows; ++i) {
      for (int64_t c = 0; c < kPanelWidth; ++c) state_gradient[(i * num_panels + p) * kPanelWidth + c] += products[(p * num_rows + i) * kPanelWidth + c];
    }
  }
}

}  // namespace

GruKernels gru_kernels() {
  return {reset_after, reset_after_backward, reset_before_gates, reset_before_state, reset_before_state_backward, reset_before_gates_backward, add_products};
}

}  // namespace rechub::reference
