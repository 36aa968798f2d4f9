#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/ops/dispatch.h"
#include "rechub/ops/dropout_mask.h"
#include "rechub/ops/fused.h"
#include "rechub/ops/ops.h"

namespace rechub::ops {
namespace {

// Masked scores: far below any real score, so that their weight is 0, yet finite, so that the rows of an empty window are finite, too (to_packed drops them).
constexpr double kMaskedScore = -1e30;

at::Tensor composite(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Windows& windows, int64_t num_heads, double dropout_p, uint64_t seed) {
  const int64_t head_width = q.size(1) / num_heads;
  const at::Tensor query = to_padded(q, windows), key = to_padded(k, windows), value = to_padded(v, windows);                    // [n, L, D]
  const at::Tensor offset = padded_offsets(windows);                                                                             // [n, L]
  const at::Tensor is_hidden = offset.unsqueeze(1).gt(offset.unsqueeze(2)).logical_or(windows.mask.logical_not().unsqueeze(1));  // [n, L, L] query, key
  std::vector<at::Tensor> heads;
  for (int64_t head = 0; head < num_heads; ++head) {
    const auto of_head = [&](const at::Tensor& x) { return x.narrow(2, head * head_width, head_width); };  // [n, L, D / num_heads]
    at::Tensor scores = at::matmul(of_head(query), of_head(key).transpose(1, 2)) * (1.0 / std::sqrt(static_cast<double>(head_width)));
    at::Tensor weights = scores.masked_fill(is_hidden, kMaskedScore).softmax(-1);  // [n, L, L]
    if (dropout_p > 0) weights = weights * dropout_scale((windows.index * num_heads + head).unsqueeze(2), offset.unsqueeze(1), dropout_p, seed, weights);
    heads.push_back(at::matmul(weights, of_head(value)));
  }
  return to_packed(num_heads == 1 ? heads[0] : at::cat(heads, 2), windows, q);
}

}  // namespace

at::Tensor causal_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Windows& windows, int64_t num_heads, double dropout_p, uint64_t seed) {
  check(num_heads > 0 && q.size(1) % num_heads == 0, ErrorKind::kShape, "the attention's width {} must be a multiple of its number of heads, {}", q.size(1), num_heads);
  check(dropout_p >= 0 && dropout_p < 1, ErrorKind::kUsage, "dropout must be at least 0 and below 1, not {}", dropout_p);
  if (takes_fused({q, k, v}, windows)) return fused::causal_attention(q, k, v, windows, num_heads, dropout_p, seed);
  return composite(q, k, v, windows.padded(), num_heads, dropout_p, seed);
}

}  // namespace rechub::ops
