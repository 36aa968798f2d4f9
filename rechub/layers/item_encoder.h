#pragma once

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/data/schema.h"
#include "rechub/layers/dense_layers.h"
#include "rechub/layers/encode_context.h"
#include "rechub/layers/feature_encoder.h"
#include "rechub/layers/feature_tensors.h"
#include "rechub/layers/parameters.h"

namespace rechub {

// Items to encode: ids and their features, row by row.
struct ItemBatch {
  at::Tensor ids;           // int64 [N], rows of the item leaf
  FeatureTensors features;  // columns of Schema::item
};

// The one way from an item to a vector, for histories and for targets: the id's embedding and the item's features, concatenated and projected to `dim`; the embedding itself where
// there are no features. Without ids (Schema::has_item_ids) the features alone, projected where their width is not `dim`. A batch is encoded once a step, however often it is asked
// for (EncodeContext::encoded_items).
class ItemEncoder {
 public:
  ItemEncoder(const Schema& schema, const FeatureStatistics& statistics, int64_t dim, int64_t feature_dim, Init init, const std::string& name, ParameterSet& parameters);
  int64_t dim() const { return dim_; }
  at::Tensor forward(const ItemBatch& batch, EncodeContext& context) const;  // [N, dim]

 private:
  int64_t dim_;
  int64_t table_ = -1;  // of ids; -1: none
  FeatureEncoder features_;
  std::optional<Linear> projection_;
};

}  // namespace rechub
