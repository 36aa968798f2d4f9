// NARM: neural attentive session-based recommendation (Li et al., CIKM 2017).
//
//   h_t = GRU(E[i_t], h_{t-1});   c_g = h_n                      what the session is about
//   a_j = v . sigmoid(A1 h_n + A2 h_j);   c_l = sum_j w_j h_j    which of its events matter now
//   u_n = B [c_l; c_g];   score = u_n . E[i]                     one table for history and targets
//
// `attention` = "softmax" weighs by w = softmax(a), as the authors' code does; "unnormalised" by w = a, the paper's equation. All positions are read out of one pass of the GRU.
#include <ATen/ATen.h>

#include "rechub/layers/additive_attention.h"
#include "rechub/layers/gru.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"
#include "rechub/models/sequence_inputs.h"

namespace rechub {
namespace {

struct NarmOptions : ModelOptions {
  int64_t hidden_size = 128;
  int64_t num_layers = 1;
  double hidden_dropout = 0.5;
  std::string attention = "softmax";
  std::string cell = "reset_after";
  bool projection_bias = false;
  NarmOptions() { dropout = 0.5; }

  void describe(OptionVisitor& visitor) {
    ModelOptions::describe(visitor);
    visitor.field("hidden_size", hidden_size, "width of the GRU's state");
    visitor.field("num_layers", num_layers, "stacked GRU layers");
    visitor.field("hidden_dropout", hidden_dropout, "dropout of [local; global] that the projection reads; `dropout` is that of the layers' inputs");
    visitor.field("attention", attention, "softmax (the authors' code) or unnormalised (the paper)");
    visitor.field("cell", cell, "reset_after (cuDNN, PyTorch) or reset_before (the authors' code)");
    visitor.field("projection_bias", projection_bias, "a bias behind B, which the paper has not: with it items have a popularity of their own, b . E[i]");
  }

  void validate() const {
    ModelOptions::validate();
    check_range("hidden_size", hidden_size, 1, kWidest);
    check_range("num_layers", num_layers, 1, kMostLayers);
    check_dropout("hidden_dropout", hidden_dropout);
    check_choice("attention", attention, {"softmax", "unnormalised"});
    check_choice("cell", cell, {"reset_after", "reset_before"});
  }
};

class Narm : public Model {
 public:
  Narm(const NarmOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, true),
        dropout_(options.dropout),
        hidden_dropout_(options.hidden_dropout),
        items_(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
        history_(schema, statistics, options.dim, options.feature_dim, parameters),
        query_(options.hidden_size, options.hidden_size, "attention.query", parameters, false),
        key_(options.hidden_size, options.hidden_size, "attention.key", parameters, false),
        attention_(options.hidden_size, options.attention == "softmax", "attention.score", parameters),
        projection_(2 * options.hidden_size, options.dim, "projection", parameters, options.projection_bias),
        readout_(schema, statistics, options.dim, options, parameters) {
    for (int64_t i = 0; i < options.num_layers; ++i) {
      layers_.emplace_back(i == 0 ? options.dim : options.hidden_size, options.hidden_size, options.cell, "gru" + std::to_string(i), parameters);
    }
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    at::Tensor x = history_.forward(items_.forward(batch.items, context), batch, context);                           // [P, D]
    for (const Gru& layer : layers_) x = layer.forward(dropout(x, dropout_, context), batch.sequences);              // [P, H]
    const at::Tensor global = readout_states(x, batch);                                                              // [R, H]
    const at::Tensor local = attention_.forward(query_.forward(global), key_.forward(x), x, batch.readouts);         // [R, H]
    const at::Tensor session = projection_.forward(dropout(at::cat({local, global}, 1), hidden_dropout_, context));  // [R, D]
    return UserVectors::single(readout_.forward(session, batch, context));
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return items_.forward(batch, context); }

 private:
  double dropout_, hidden_dropout_;
  ItemEncoder items_;
  HistoryInput history_;
  std::vector<Gru> layers_;
  Linear query_, key_;
  AdditiveAttention attention_;
  Linear projection_;
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_narm_builder() { return std::make_unique<ModelBuilderOf<NarmOptions, Narm>>(); }

}  // namespace rechub
