#include "rechub/layers/feature_encoder.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/data/schema.h"
#include "rechub/ops/ops.h"

namespace rechub {
namespace {

int64_t embedding_width(const FeatureSpec& spec, int64_t default_dim) {
  if (spec.embed_dim > 0) return spec.embed_dim;
  const auto enough = static_cast<int64_t>(std::ceil(6 * std::pow(static_cast<double>(spec.rows), 0.25) / 4) * 4);
  return std::min(default_dim, enough);
}

// Features over the catalogue read the items' own table unless they ask for a width of their own.
int64_t width_of(const FeatureSpec& spec, int64_t default_dim, const ParameterSet& parameters) {
  for (const TableParameter& table : parameters.tables()) {
    if (spec.space == kItemSpace && spec.embed_dim == 0 && table.space == kItemSpace) return table.values.size(1);
  }
  return embedding_width(spec, default_dim);
}

int64_t shared_table(const FeatureSpec& spec, int64_t width, const std::string& prefix, ParameterSet& parameters) {
  for (size_t i = 0; i < parameters.tables().size(); ++i) {
    const TableParameter& table = parameters.tables()[i];
    if (table.space == spec.space && table.values.size(1) == width) return static_cast<int64_t>(i);
  }
  return parameters.add_table(prefix + "." + spec.name, spec.space, spec.rows, width, Init::xavier_normal());
}

}  // namespace

FeatureEncoder::FeatureEncoder(const std::vector<FeatureSpec>& specs, const FeatureStatistics& statistics, int64_t default_dim, const std::string& prefix,
                               ParameterSet& parameters) {
  for (const FeatureSpec& spec : specs) {
    Column column;
    column.kind = spec.kind;
    if (spec.kind == FeatureKind::kDense) {
      const auto found = statistics.find(spec.name);
      const DenseStatistics fitted = found == statistics.end() ? DenseStatistics{} : found->second;
      const std::string name = prefix + "." + spec.name;
      column.is_log = spec.transform == "log";
      column.shift = parameters.add_buffer(name + ".shift", at::scalar_tensor(fitted.minimum));
      column.mean = parameters.add_buffer(name + ".mean", at::scalar_tensor(fitted.mean));
      column.inverse_deviation = parameters.add_buffer(name + ".inverse_deviation", at::scalar_tensor(1 / std::max(fitted.standard_deviation, 1e-12)));
      blocks_.push_back({name, spec.width});
    } else {
      const int64_t width = width_of(spec, default_dim, parameters);
      column.table = shared_table(spec, width, prefix, parameters);
      column.pooling = spec.pooling;
      blocks_.push_back({prefix + "." + spec.name, width});
    }
    width_ += blocks_.back().width;
    columns_.push_back(std::move(column));
  }
}

at::Tensor FeatureEncoder::forward(const FeatureTensors& features, EncodeContext& context) const {
  if (columns_.empty()) return {};
  check(features.size() == columns_.size(), ErrorKind::kShape, "expected {} feature columns, got {}", columns_.size(), features.size());
  std::vector<at::Tensor> parts;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const FeatureTensor& feature = features[i];
    if (column.kind == FeatureKind::kDense) {
      at::Tensor x = feature.values.to(column.mean.scalar_type());
      if (column.is_log) x = at::log1p(at::clamp_min(x - column.shift, 0));
      x = (x - column.mean) * column.inverse_deviation;
      parts.push_back(at::where(at::isnan(x), at::zeros_like(x), x));  // [rows, width]; a missing value counts as the mean
    } else {
      at::Tensor embedded = context.leaves[column.table].index_select(0, feature.codes);
      if (column.kind == FeatureKind::kMulti) embedded = ops::window_pool(embedded, feature.lists, column.pooling);  // [rows, width]
      parts.push_back(embedded);
    }
  }
  return at::cat(parts, 1);
}

}  // namespace rechub
