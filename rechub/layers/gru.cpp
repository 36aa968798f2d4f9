#include "rechub/layers/gru.h"

#include <cmath>

#include "rechub/base/error.h"

namespace rechub {

Gru::Gru(int64_t in, int64_t hidden, const std::string& cell, const std::string& name, ParameterSet& parameters)
    : cell_(cell == "reset_after" ? ops::GruCell::kResetAfter : ops::GruCell::kResetBefore) {
  check(cell == "reset_after" || cell == "reset_before", ErrorKind::kUsage, "cell must be reset_after or reset_before, got '{}'", cell);
  check(hidden > 0, ErrorKind::kUsage, "hidden_size must be 1 or more, got {}", hidden);
  const Init init = Init::uniform(1 / std::sqrt(static_cast<double>(hidden)));
  weight_ih_ = parameters.add(name + ".weight_ih", {3 * hidden, in}, init);
  weight_hh_ = parameters.add(name + ".weight_hh", {3 * hidden, hidden}, init);
  bias_ih_ = parameters.add(name + ".bias_ih", {3 * hidden}, init);
  bias_hh_ = parameters.add(name + ".bias_hh", {3 * hidden}, init);
}

}  // namespace rechub
