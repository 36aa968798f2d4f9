// SASRec: self-attentive sequential recommendation (Kang and McAuley, ICDM 2018).
//
//   x_t = sqrt(D) E[i_t] + P[slot]         slot counts from the newest event, so that truncation never shifts it
//   x   = LN(x + Attention(LN(x), x, x))   causal, keys limited to the user's own events, output projection
//   x   = x + W2 drop(act(W1 x))           width D or hidden_size
//   u_t = LN(x_t);   score = u_t . E[i]    one table for history and targets
//
// `block` = "original" follows the authors' code instead: the residual adds the normalised queries, and there is no output projection.
#include <cmath>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/models/registry.h"
#include "rechub/models/sequence_inputs.h"
#include "rechub/ops/ops.h"

namespace rechub {
namespace {

struct SasRecOptions : ModelOptions {
  int64_t num_layers = 2;
  int64_t num_heads = 1;
  int64_t hidden_size = 0;
  std::string activation = "relu";
  std::string block = "residual";
  SasRecOptions() { dropout = 0.5; }

  void describe(OptionVisitor& visitor) {
    ModelOptions::describe(visitor);
    visitor.field("num_layers", num_layers, "attention blocks");
    visitor.field("num_heads", num_heads, "attention heads; must divide dim");
    visitor.field("hidden_size", hidden_size, "inner width of the feed-forward network; 0: dim");
    visitor.field("activation", activation, "of the feed-forward network: relu or gelu");
    visitor.field("block", block, "residual (adds the raw stream) or original (the authors' code: adds the normalised queries, no output projection)");
  }
};

class Block {
 public:
  Block(const SasRecOptions& options, const std::string& name, ParameterSet& parameters)
      : options_(options),
        attention_norm_(options.dim, name + ".attention_norm", parameters),
        feed_forward_norm_(options.dim, name + ".feed_forward_norm", parameters),
        query_(options.dim, options.dim, name + ".query", parameters, true, Init::xavier_uniform()),
        key_(options.dim, options.dim, name + ".key", parameters, true, Init::xavier_uniform()),
        value_(options.dim, options.dim, name + ".value", parameters, true, Init::xavier_uniform()),
        inner_(options.dim, hidden_size(options), name + ".inner", parameters),
        outer_(hidden_size(options), options.dim, name + ".outer", parameters),
        activation_(options.activation, name, parameters) {
    if (options.block == "residual") output_.emplace(options.dim, options.dim, name + ".output", parameters);
  }

  at::Tensor forward(const at::Tensor& x, const Windows& sequences, EncodeContext& context) const {
    const at::Tensor queries = attention_norm_.forward(x);  // [P, D]
    const double p = context.training ? options_.dropout : 0;
    at::Tensor attended = ops::causal_attention(query_.forward(queries), key_.forward(x), value_.forward(x), sequences, options_.num_heads, p, context.next_seed());
    if (output_) attended = output_->forward(attended);
    const at::Tensor y = feed_forward_norm_.forward((output_ ? x : queries) + attended);                  // [P, D]
    const at::Tensor inner = dropout(activation_.forward(inner_.forward(y)), options_.dropout, context);  // [P, H]
    return y + dropout(outer_.forward(inner), options_.dropout, context);
  }

 private:
  static int64_t hidden_size(const SasRecOptions& options) { return options.hidden_size > 0 ? options.hidden_size : options.dim; }
  SasRecOptions options_;
  LayerNorm attention_norm_, feed_forward_norm_;
  Linear query_, key_, value_;
  std::optional<Linear> output_;
  Linear inner_, outer_;
  Activation activation_;
};

class SasRec : public Model {
 public:
  SasRec(const SasRecOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, true),
        dropout_(options.dropout),
        items_(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
        history_(schema, statistics, options.dim, options.feature_dim, parameters),
        positions_(parameters.add("position", {options.max_length, options.dim}, Init::xavier_normal())),
        norm_(options.dim, "norm", parameters),
        readout_(schema, statistics, options.dim, options, parameters) {
    check(options.num_heads > 0 && options.dim % options.num_heads == 0, ErrorKind::kUsage, "sasrec: num_heads must divide dim, got {} and {}", options.num_heads, options.dim);
    check(options.block == "residual" || options.block == "original", ErrorKind::kUsage, "sasrec: block must be residual or original, got '{}'", options.block);
    for (int64_t i = 0; i < options.num_layers; ++i) blocks_.emplace_back(options, "block" + std::to_string(i), parameters);
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const double scale = std::sqrt(static_cast<double>(items_.dim()));
    at::Tensor x = history_.forward(items_.forward(batch.items, context), batch, context) * scale;  // [P, D]
    x = x + positions_.index_select(0, ops::slots_from_end(batch.sequences, x));
    x = dropout(x, dropout_, context);
    for (const Block& block : blocks_) x = block.forward(x, batch.sequences, context);
    const at::Tensor states = readout_states(norm_.forward(x), batch);  // [R, D]
    return UserVectors::single(readout_.forward(states, batch, context));
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return items_.forward(batch, context); }

 private:
  double dropout_;
  ItemEncoder items_;
  HistoryInput history_;
  at::Tensor positions_;
  std::vector<Block> blocks_;
  LayerNorm norm_;
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_sasrec_builder() { return std::make_unique<ModelBuilderOf<SasRecOptions, SasRec>>(); }

}  // namespace rechub
