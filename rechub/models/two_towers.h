#pragma once

#include <string>
#include <vector>

#include "rechub/models/model.h"
#include "rechub/models/sequence_inputs.h"

namespace rechub {

// Options of two-tower models; each model's defaults are its own.
struct TwoTowerOptions : ModelOptions {
  std::vector<int64_t> user_dims = {128};
  std::vector<int64_t> item_dims = {128};
  int64_t embedding_dim = 64;
  std::string activation = "relu";
  std::string item_activation;
  double item_dropout = -1;
  std::string pooling = "mean";
  TwoTowerOptions() { similarity = "cosine", temperature = 0.05; }
  void describe(OptionVisitor& visitor);
  void validate() const;
};

// Two towers over any features, which meet in their last layer only:
//
//   u = MLP_u([pool_t E[i_t]; user features; context features]);   v = MLP_i(E[i] with item features)
//
// One table E serves the history and the items. Both towers end in a linear layer, so that a cosine may take either sign.
class TwoTowers : public Model {
 public:
  TwoTowers(const TwoTowerOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters);

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override;
  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override;

 private:
  double dropout_;
  std::string pooling_;  // empty: no history
  ItemEncoder items_;
  HistoryInput history_;
  UserProfile profile_;
  Mlp user_tower_, item_tower_;
};

}  // namespace rechub
