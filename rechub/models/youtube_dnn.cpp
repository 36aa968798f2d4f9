// YoutubeDNN: deep neural networks for YouTube recommendations, the candidate generator (Covington et al., RecSys 2016).
//
//   u = MLP([pool_t E[i_t]; user features; context features]);   score = u . V[i]
//
// The history is an unordered mean, or the sum or maximum. V is a table of its own, or E where `tied`.
#include <optional>

#include <ATen/ATen.h>

#include "rechub/models/registry.h"
#include "rechub/models/sequence_inputs.h"

namespace rechub {
namespace {

struct YoutubeDnnOptions : ModelOptions {
  std::vector<int64_t> user_dims = {128};
  std::string activation = "relu";
  bool tied = true;
  std::string pooling = "mean";

  void describe(OptionVisitor& visitor) {
    ModelOptions::describe(visitor);
    visitor.field("user_dims", user_dims, "hidden widths of the user tower; a last linear layer of width dim follows");
    visitor.field("activation", activation, "of the hidden layers: relu, prelu, gelu, tanh, ...");
    visitor.field("tied", tied, "items are scored by the vectors that histories are read with; false: by a table of their own");
    visitor.field("pooling", pooling, "of the history: mean, sum or max");
  }
};

class YoutubeDnn : public Model {
 public:
  YoutubeDnn(const YoutubeDnnOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, false),
        dropout_(options.dropout),
        pooling_(schema.has_history ? options.pooling : ""),
        items_(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
        history_(schema, statistics, options.dim, options.feature_dim, parameters),
        profile_(schema, statistics, options, parameters),
        tower_((schema.has_history ? options.dim : 0) + profile_.width(), dims(options), options.activation, options.dropout, "user_tower", parameters) {
    if (!options.tied) output_.emplace(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "output", parameters);
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const at::Tensor x = pooled_history_with_profile(items_, history_, profile_, pooling_, dropout_, batch, context);  // [R, D + profile]
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
  std::string pooling_;  // empty: no history
  ItemEncoder items_;
  HistoryInput history_;
  UserProfile profile_;
  Mlp tower_;
  std::optional<ItemEncoder> output_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_youtube_dnn_builder() { return std::make_unique<ModelBuilderOf<YoutubeDnnOptions, YoutubeDnn>>(); }

}  // namespace rechub
