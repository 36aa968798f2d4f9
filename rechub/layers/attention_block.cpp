#include "rechub/layers/attention_block.h"

#include "rechub/ops/ops.h"

namespace rechub {
namespace {

int64_t inner_width(const AttentionBlockOptions& options) { return options.hidden_size > 0 ? options.hidden_size : options.dim; }

}  // namespace

AttentionBlock::AttentionBlock(const AttentionBlockOptions& options, const std::string& name, ParameterSet& parameters)
    : options_(options),
      attention_norm_(options.dim, name + ".attention_norm", parameters),
      feed_forward_norm_(options.dim, name + ".feed_forward_norm", parameters),
      query_(options.dim, options.dim, name + ".query", parameters, true, Init::xavier_uniform()),
      key_(options.dim, options.dim, name + ".key", parameters, true, Init::xavier_uniform()),
      value_(options.dim, options.dim, name + ".value", parameters, true, Init::xavier_uniform()),
      inner_(options.dim, inner_width(options), name + ".inner", parameters),
      outer_(inner_width(options), options.dim, name + ".outer", parameters),
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
