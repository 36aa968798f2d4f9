#include <limits>

#include <ATen/ATen.h>

#include "rechub/losses/loss.h"

namespace rechub {
namespace {

at::Tensor unit_length(const at::Tensor& x) { return x / at::clamp_min(at::norm(x, 2, -1, true), 1e-12); }

}  // namespace

at::Tensor info_nce_loss(const at::Tensor& first, const at::Tensor& second, double temperature) {
  const int64_t rows = first.size(0);
  const at::Tensor views = unit_length(at::cat({first, second}));  // [2B, D]
  const at::Tensor itself = at::eye(2 * rows, at::TensorOptions().dtype(at::kBool));
  const at::Tensor logits = at::masked_fill(at::matmul(views, views.t()) / temperature, itself, -std::numeric_limits<double>::infinity());  // [2B, 2B]
  const at::Tensor partner = (at::arange(2 * rows, at::kLong) + rows).remainder(2 * rows);
  return (at::logsumexp(logits, 1) - logits.gather(1, partner.unsqueeze(1)).squeeze(1)).mean();
}

at::Tensor info_nce_loss(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& owners, double temperature) {
  const int64_t rows = queries.size(0);
  const at::Tensor own = at::eye(rows, keys.size(0), at::TensorOptions().dtype(at::kBool));
  const at::Tensor hidden = at::logical_and(owners.narrow(0, 0, rows).unsqueeze(1).eq(owners), own.logical_not());  // [B, M]
  const at::Tensor cosines = at::matmul(unit_length(queries), unit_length(keys).t());                               // [B, M]
  const at::Tensor logits = at::masked_fill(cosines / temperature, hidden, -std::numeric_limits<double>::infinity());
  return (at::logsumexp(logits, 1) - logits.diagonal()).mean();
}

}  // namespace rechub
