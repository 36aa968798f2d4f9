// YoutubeDNN: deep neural networks for YouTube recommendations, the candidate generator (Covington et al., RecSys 2016).
//
//   u = MLP([mean_t E[i_t]; user features; context features]);   score = u . V[i]
//
// The history is an unordered mean. V is a table of its own, or E where `tied`.
#include <optional>

#include <ATen/ATen.h>

#include "rechub/models/registry.h"
#include "rechub/models/sequence_inputs.h"
#include "rechub/ops/ops.h"

namespace rechub {
namespace {

struct YoutubeDnnOptions : ModelOptions {
  std::vector<int64_t> user_dims = {128};
  std::string activation = "relu";
  bool tied = true;

  void describe(OptionVisitor& visitor) {
    ModelOptions::describe(visitor);
    visitor.field("user_dims", user_dims, "hidden widths of the user tower; a last linear layer of width dim follows");
    visitor.field("activation", activation, "of the hidden layers: relu, prelu, gelu, tanh, ...");
    visitor.field("tied", tied, "items are scored by the vectors that histories are read with; false: by a table of their own");
  }
};

class YoutubeDnn : public Model {
 public:
  YoutubeDnn(const YoutubeDnnOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, false),
        dropout_(options.dropout),
        items_(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
        history_(schema, statistics, options.dim, options.feature_dim, parameters),
        profile_(schema, statistics, options, parameters),
        tower_(options.dim + profile_.width(), dims(options), options.activation, options.dropout, "user_tower", parameters) {
    if (!options.tied) output_.emplace(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "output", parameters);
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const at::Tensor history = history_.forward(items_.forward(batch.items, context), batch, context);  // [P, D]
    at::Tensor x = ops::window_pool(dropout(history, dropout_, context), batch.readouts, "mean");       // [R, D]
    if (profile_.width() > 0) x = at::cat({x, profile_.forward(batch, context)}, 1);                    // [R, D + profile]
    return UserVectors::single(tower_.forward(x, context));
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return (output_ ? *output_ : items_).forward(batch, context); }

 private:
  static std::vector<int64_t> dims(const YoutubeDnnOptions& options) {
    std::vector<int64_t> dims = options.user_dims;
    dims.push_back(options.dim);
    return dims;
  }
  double dropout_;
  ItemEncoder items_;
  HistoryInput history_;
  UserProfile profile_;
  Mlp tower_;
  std::optional<ItemEncoder> output_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_youtube_dnn_builder() { return std::make_unique<ModelBuilderOf<YoutubeDnnOptions, YoutubeDnn>>(); }

}  // namespace rechub
