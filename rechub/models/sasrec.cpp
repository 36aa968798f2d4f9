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
#include "rechub/layers/attention_block.h"
#include "rechub/models/option_ranges.h"
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
    visitor.field("activation", activation, "of the feed-forward network: relu, gelu, prelu, tanh, ...");
    visitor.field("block", block, "residual (adds the raw stream) or original (the authors' code: adds the normalised queries, no output projection)");
  }

  void validate() const {
    ModelOptions::validate();
    check_range("num_layers", num_layers, 0, kMostLayers, "no blocks");
    check(num_heads > 0 && dim % num_heads == 0, ErrorKind::kUsage, "num_heads should divide dim, got {} and {}", num_heads, dim);
    check_range("hidden_size", hidden_size, 0, kWidest, "dim");
    check_choice("block", block, {"residual", "original"});
  }
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
    const AttentionBlockOptions block = {options.dim, options.num_heads, options.hidden_size, options.dropout, options.activation, options.block == "original"};
    for (int64_t i = 0; i < options.num_layers; ++i) blocks_.emplace_back(block, "block" + std::to_string(i), parameters);
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const double scale = std::sqrt(static_cast<double>(items_.dim()));
    at::Tensor x = history_.forward(items_.forward(batch.items, context), batch, context) * scale;  // [P, D]
    x = x + positions_.index_select(0, ops::slots_from_end(batch.sequences, x));
    x = dropout(x, dropout_, context);
    for (const AttentionBlock& block : blocks_) x = block.forward(x, batch.sequences, context);
    const at::Tensor states = readout_states(norm_.forward(x), batch);  // [R, D]
    return UserVectors::single(readout_.forward(states, batch, context));
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return items_.forward(batch, context); }

 private:
  double dropout_;
  ItemEncoder items_;
  HistoryInput history_;
  at::Tensor positions_;
  std::vector<AttentionBlock> blocks_;
  LayerNorm norm_;
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_sasrec_builder() { return std::make_unique<ModelBuilderOf<SasRecOptions, SasRec>>(); }

}  // namespace rechub
