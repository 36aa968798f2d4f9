#include "rechub/layers/item_encoder.h"

#include <vector>

#include <ATen/ATen.h>

#include "rechub/base/error.h"

namespace rechub {

ItemEncoder::ItemEncoder(const Schema& schema, const FeatureStatistics& statistics, int64_t dim, int64_t feature_dim, Init init, const std::string& name, ParameterSet& parameters)
    : dim_(dim),
      table_(schema.has_item_ids ? parameters.add_table(name + ".id", kItemSpace, schema.item_rows, dim, init) : -1),
      features_(schema.item, statistics, feature_dim, name, parameters) {
  std::vector<InputBlock> blocks = {{name + ".id", schema.has_item_ids ? dim : 0}};
  blocks.insert(blocks.end(), features_.blocks().begin(), features_.blocks().end());
  const LayerInput input(blocks, schema.has_item_ids ? std::optional(1.0) : std::nullopt);
  check(input.width > 0, ErrorKind::kUsage, "items have neither ids nor features, so nothing tells them apart");
  if (input.width != dim || (schema.has_item_ids && features_.width() > 0)) projection_.emplace(input, dim, name + ".projection", parameters);
}

at::Tensor ItemEncoder::forward(const ItemBatch& batch, EncodeContext& context) const {
  at::Tensor& encoded = context.encoded_items[{this, &batch}];
  if (encoded.defined()) return encoded;
  std::vector<at::Tensor> parts;
  if (table_ >= 0) parts.push_back(context.leaves[table_].index_select(0, batch.ids));     // [N, dim]
  if (features_.width() > 0) parts.push_back(features_.forward(batch.features, context));  // [N, features]
  encoded = parts.size() == 1 ? parts[0] : at::cat(parts, 1);
  if (projection_) encoded = projection_->forward(encoded);  // [N, dim]
  return encoded;
}

}  // namespace rechub
