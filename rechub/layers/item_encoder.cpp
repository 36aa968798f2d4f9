#include "rechub/layers/item_encoder.h"

#include <ATen/ATen.h>

namespace rechub {

ItemEncoder::ItemEncoder(const Schema& schema, const FeatureStatistics& statistics, int64_t dim, int64_t feature_dim, Init init, const std::string& name, ParameterSet& parameters)
    : dim_(dim), table_(parameters.add_table(name + ".id", kItemSpace, schema.item_rows, dim, init)), features_(schema.item, statistics, feature_dim, name, parameters) {
  if (features_.width() > 0) projection_.emplace(dim + features_.width(), dim, name + ".projection", parameters);
}

at::Tensor ItemEncoder::forward(const ItemBatch& batch, EncodeContext& context) const {
  at::Tensor& encoded = context.encoded_items[{this, &batch}];
  if (encoded.defined()) return encoded;
  encoded = context.leaves[table_].index_select(0, batch.ids);  // [N, dim]
  if (projection_) encoded = projection_->forward(at::cat({encoded, features_.forward(batch.features, context)}, 1));
  return encoded;
}

}  // namespace rechub
