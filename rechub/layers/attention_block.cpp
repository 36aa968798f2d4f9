#include "rechub/layers/attention_block.h"

#include <cmath>

#include "rechub/ops/ops.h"

namespace rechub {
namespace {

int64_t inner_width(const AttentionBlockOptions& options) { return options.hidden_size > 0 ? options.hidden_size : options.dim; }

// Branches start small: the stream of item vectors is, and under strong dropout a branch of its size or more would drown it for tens of epochs. One Xavier matrix [3D, D] for
// queries, keys and values has this gain; feed-forward layers start at 1 / sqrt(width in).
const Init kProjectionInit = Init::xavier_uniform(1 / std::sqrt(2.0));
Init feed_forward_init(int64_t in) { return Init::uniform(1 / std::sqrt(static_cast<double>(in))); }

}  // namespace

AttentionBlock::AttentionBlock(const AttentionBlockOptions& options, const std::string& name, ParameterSet& parameters)
    : options_(options),
      attention_norm_(options.dim, name + ".attention_norm", parameters),
      feed_forward_norm_(options.dim, name + ".feed_forward_norm", parameters),
      query_(options.dim, options.dim, name + ".query", parameters, true, kProjectionInit),
      key_(options.dim, options.dim, name + ".key", parameters, true, kProjectionInit),
      value_(options.dim, options.dim, name + ".value", parameters, true, kProjectionInit),
      inner_(options.dim, inner_width(options), name + ".inner", parameters, true, feed_forward_init(options.dim)),
      outer_(inner_width(options), options.dim, name + ".outer", parameters, true, feed_forward_init(inner_width(options))),
      activation_(options.activation, name, parameters) {
  if (!options.is_original) output_.emplace(options.dim, options.dim, name + ".output", parameters);
}

at::Tensor AttentionBlock::forward(const at::Tensor& x, const Windows& sequences, EncodeContext& context) const {
  const at::Tensor queries = attention_norm_.forward(x);  // [P, D]
  const double p = context.training ? options_.dropout : 0;
  at::Tensor attended = ops::causal_attention(query_.forward(queries), key_.forward(x), value_.forward(x), sequences, options_.num_heads, p, context.next_seed());
  if (output_) attended = output_->forward(attended);
  const at::Tensor y = feed_forward_norm_.forward((output_ ? x : queries) + attended);                  // [P, D]
  const at::Tensor inner = dropout(activation_.forward(inner_.forward(y)), options_.dropout, context);  // [P, H]
  return y + dropout(outer_.forward(inner), options_.dropout, context);
}

}  // namespace rechub
