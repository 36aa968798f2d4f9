// GRU4Rec: session-based recommendation with recurrent networks (Hidasi et al., ICLR 2016; Hidasi and Karatzoglou, CIKM 2018).
//
//   h_t = GRU(E[i_t], h_{t-1});   u_t = W h_t;   score = u_t . E[i]   one table for history and targets ("constrained embedding")
//
// Trained on all positions of whole histories, or session-parallel (EncodeContext::states): one event a step, the states carried on and detached, as in the papers.
// `cell` = "reset_before" is the cell of the papers (the reset gate acts before the product), "reset_after" cuDNN's and PyTorch's.
#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/layers/gru.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"
#include "rechub/models/sequence_inputs.h"

namespace rechub {
namespace {

struct Gru4RecOptions : ModelOptions {
  int64_t hidden_size = 128;
  int64_t num_layers = 1;
  double hidden_dropout = 0.5;
  std::string cell = "reset_after";
  Gru4RecOptions() { dropout = 0.5; }

  void describe(OptionVisitor& visitor) {
    ModelOptions::describe(visitor);
    visitor.field("hidden_size", hidden_size, "width of the GRU's state");
    visitor.field("num_layers", num_layers, "stacked GRU layers");
    visitor.field("hidden_dropout", hidden_dropout, "dropout of the states that the projection reads; `dropout` is that of the layers' inputs");
    visitor.field("cell", cell, "reset_after (cuDNN, PyTorch) or reset_before (the paper)");
  }

  void validate() const {
    ModelOptions::validate();
    check_range("hidden_size", hidden_size, 1, kWidest);
    check_range("num_layers", num_layers, 1, kMostLayers);
    check_dropout("hidden_dropout", hidden_dropout);
    check_choice("cell", cell, {"reset_after", "reset_before"});
  }
};

class Gru4Rec : public Model {
 public:
  Gru4Rec(const Gru4RecOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, true),
        dropout_(options.dropout),
        hidden_dropout_(options.hidden_dropout),
        hidden_size_(options.hidden_size),
        items_(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
        history_(schema, statistics, options.dim, options.feature_dim, parameters),
        projection_(options.hidden_size, options.dim, "projection", parameters),
        readout_(schema, statistics, options.dim, options, parameters) {
    for (int64_t i = 0; i < options.num_layers; ++i) {
      layers_.emplace_back(i == 0 ? options.dim : options.hidden_size, options.hidden_size, options.cell, "gru" + std::to_string(i), parameters);
    }
  }

  std::vector<int64_t> state_widths() const override { return std::vector<int64_t>(layers_.size(), hidden_size_); }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    if (!context.states.empty()) return stepped(batch, context);
    at::Tensor x = history_.forward(items_.forward(batch.items, context), batch, context);                      // [P, D]
    for (const Gru& layer : layers_) x = layer.forward(dropout(x, dropout_, context), batch.sequences);         // [P, H]
    const at::Tensor state = projection_.forward(dropout(readout_states(x, batch), hidden_dropout_, context));  // [R, D]
    return UserVectors::single(readout_.forward(state, batch, context));
  }

  // One event a sequence. As in the authors' code, dropout falls on every layer's state, and what it leaves is carried on.
  UserVectors stepped(const UserBatch& batch, EncodeContext& context) const {
    check(batch.history.size(0) == context.states[0].size(0), ErrorKind::kInternal, "gru4rec: carried states take one event a sequence, got {} events of {} sequences",
          batch.history.size(0), context.states[0].size(0));
    at::Tensor x = history_.forward(items_.forward(batch.items, context), batch, context);  // [B, D]
    x = dropout(x, dropout_, context);
    for (size_t i = 0; i < layers_.size(); ++i) {
      x = dropout(layers_[i].step(x, context.states[i]), hidden_dropout_, context);  // [B, H]
      context.states[i] = x.detach();
    }
    return UserVectors::single(readout_.forward(projection_.forward(x), batch, context));
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return items_.forward(batch, context); }

 private:
  double dropout_, hidden_dropout_;
  int64_t hidden_size_;
  ItemEncoder items_;
  HistoryInput history_;
  std::vector<Gru> layers_;
  Linear projection_;
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_gru4rec_builder() { return std::make_unique<ModelBuilderOf<Gru4RecOptions, Gru4Rec>>(); }

}  // namespace rechub
