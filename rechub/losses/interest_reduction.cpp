#include "rechub/losses/interest_reduction.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "rechub/base/error.h"

namespace rechub {

void check_reduction(const InterestReduction& reduction) {
  check(reduction.kind == "max" || reduction.kind == "label_attention", ErrorKind::kUsage, "reduction should be max or label_attention, got '{}'", reduction.kind);
  check(std::isfinite(reduction.power) && reduction.power >= 0, ErrorKind::kUsage, "reduction_power should be 0 (the mean) or more, got {}", reduction.power);
}

at::Tensor reduce_interests(const InterestReduction& reduction, const at::Tensor& vectors, const at::Tensor& active, const at::Tensor& wanted, double scale) {
  if (vectors.size(1) == 1) return vectors.squeeze(1);
  at::Tensor scores = at::matmul(vectors, wanted.unsqueeze(2)).squeeze(2);  // [R, Q]
  if (reduction.kind == "max") {
    const at::Tensor best = scores.argmax(1);  // [R]
    return vectors.gather(1, best.view({-1, 1, 1}).expand({-1, 1, vectors.size(2)})).squeeze(1);
  }
  scores = scores * (reduction.power * scale);
  if (active.defined()) scores = scores.masked_fill(active.logical_not(), -std::numeric_limits<double>::infinity());
  return at::matmul(at::softmax(scores, 1).unsqueeze(1), vectors).squeeze(1);
}

}  // namespace rechub
