// YoutubeDNN: deep neural networks for YouTube recommendations, the candidate generator (Covington et al., RecSys 2016).
//
//   u = MLP([pool_t E[i_t]; user features; context features; example age]);   score = u . V[i]
//
// With `example_age` (section 3.3) training also says how old the event is that is to be predicted: a, a^2 and sqrt(a), as the paper enters continuous numbers, a = 0 for the
// newest training event and 1 for the oldest. Lists are made with a = 0, so what was popular long ago weighs on them no more than its share of today.
//
// The history is an unordered mean, or the sum or maximum. V is a table of its own, or E where `tied`.
//
// `residual` is ours: u = pool_t E[i_t] + MLP(...). With V = E what a user had before is then near from the start, in the order of how often; an MLP alone has to learn that
// identity through its layers, and on a catalogue of tens of thousands of items first learns what is popular.
#include <cmath>
#include <optional>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"
#include "rechub/models/sequence_inputs.h"

namespace rechub {
namespace {

struct YoutubeDnnOptions : ModelOptions {
  std::vector<int64_t> user_dims = {128};
  std::string activation = "relu";
  bool tied = true;
  std::string pooling = "mean";
  bool residual = false;
  double item_std = 0;
  bool example_age = false;
  YoutubeDnnOptions() { dropout = 0.5; }

  void describe(OptionVisitor& visitor) {
    ModelOptions::describe(visitor);
    visitor.field("user_dims", user_dims, "hidden widths of the user tower; a last linear layer of width dim follows");
    visitor.field("activation", activation, "of the hidden layers: relu, prelu, gelu, tanh, ...");
    visitor.field("tied", tied, "items are scored by the vectors that histories are read with; false: by a table of their own");
    visitor.field("pooling", pooling, "of the history: mean, sum or max");
    visitor.field("residual", residual, "add the pooled history to the tower's output, for data where users come back to the same items; needs tied");
    visitor.field("item_std", item_std, "standard deviation of the first item embeddings; 0: Xavier's, which shrinks as the catalogue grows");
    visitor.field("example_age", example_age, "train with the age of each target, recommend with age 0, so that lists follow what is popular now; needs times");
  }

  void validate() const {
    ModelOptions::validate();
    check_widths("user_dims", user_dims);
    check_choice("pooling", pooling, {"mean", "sum", "max"});
    check(std::isfinite(item_std) && item_std >= 0, ErrorKind::kUsage, "item_std should be 0 (Xavier's) or more, got {}", item_std);
  }
};

class YoutubeDnn : public Model {
 public:
  YoutubeDnn(const YoutubeDnnOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, false),
        dropout_(options.dropout),
        residual_dim_(options.residual ? options.dim : 0),
        pooling_(schema.has_history ? options.pooling : ""),
        items_(schema, statistics, options.dim, options.feature_dim, item_init(options), "item", parameters),
        history_(schema, statistics, options.dim, options.feature_dim, parameters),
        profile_(schema, statistics, options, parameters),
        reads_ages_(options.example_age),
        tower_(tower_input(options, schema), dims(options), options.activation, options.dropout, "user_tower", parameters) {
    if (!options.tied) output_.emplace(schema, statistics, options.dim, options.feature_dim, item_init(options), "output", parameters);
    check(!options.residual || (options.tied && schema.has_history), ErrorKind::kUsage,
          "youtube_dnn: residual adds the history to the user's vector, so it needs a history and tied items; set tied = true, or residual = false");
  }

  bool reads_ages() const override { return reads_ages_; }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const at::Tensor x = pooled_history_with_profile(items_, history_, profile_, pooling_, dropout_, batch, context);  // [R, D + profile]
    const at::Tensor u = tower_.forward(reads_ages_ ? at::cat({x, age_inputs(x, batch)}, 1) : x, context);             // [R, D]
    return UserVectors::single(residual_dim_ > 0 ? u + x.narrow(1, 0, residual_dim_) : u);
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return (output_ ? *output_ : items_).forward(batch, context); }

 private:
  static constexpr int64_t kAgeInputs = 3;
  static at::Tensor age_inputs(const at::Tensor& x, const UserBatch& batch) {
    const at::Tensor age = batch.ages.defined() ? batch.ages.to(x.scalar_type()).unsqueeze(1) : at::zeros_like(x.narrow(1, 0, 1));  // [R, 1]
    return at::cat({age, age.square(), age.sqrt()}, 1);
  }
  LayerInput tower_input(const YoutubeDnnOptions& options, const Schema& schema) const {
    LayerInput input = profile_.joined_to("history", schema.has_history ? options.dim : 0);
    if (options.example_age) input.blocks.push_back({"example_age", kAgeInputs}), input.width += kAgeInputs;
    return input;
  }
  static Init item_init(const YoutubeDnnOptions& options) { return options.item_std > 0 ? Init::normal(options.item_std) : Init::xavier_normal(); }
  static std::vector<int64_t> dims(const YoutubeDnnOptions& options) {
    std::vector<int64_t> dims = options.user_dims;
    dims.push_back(options.dim);
    return dims;
  }
  double dropout_;
  int64_t residual_dim_;  // 0: no residual
  std::string pooling_;   // empty: no history
  ItemEncoder items_;
  HistoryInput history_;
  UserProfile profile_;
  bool reads_ages_;
  Mlp tower_;
  std::optional<ItemEncoder> output_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_youtube_dnn_builder() { return std::make_unique<ModelBuilderOf<YoutubeDnnOptions, YoutubeDnn>>(); }

}  // namespace rechub
