#include "rechub/layers/feature_tensors.h"

#include <memory>
#include <utility>

#include <ATen/ATen.h>

namespace rechub {
namespace {

template <class T>
at::Tensor take(std::vector<T> values, at::ScalarType type) {
  auto owner = std::make_shared<std::vector<T>>(std::move(values));
  if (owner->empty()) return at::empty({0}, type);
  return at::from_blob(
      owner->data(), {static_cast<int64_t>(owner->size())}, [owner](void*) {}, at::TensorOptions().dtype(type));
}

}  // namespace

at::Tensor take_tensor(std::vector<int64_t> values) { return take(std::move(values), at::kLong); }
at::Tensor take_tensor(std::vector<float> values) { return take(std::move(values), at::kFloat); }

FeatureTensors make_feature_tensors(BatchColumns columns) {
  FeatureTensors features;
  for (BatchColumn& column : columns) {
    FeatureTensor feature;
    if (column.kind == FeatureKind::kDense) {
      feature.values = take_tensor(std::move(column.values)).view({-1, column.width});
    } else {
      feature.codes = take_tensor(std::move(column.codes));
    }
    if (column.kind == FeatureKind::kMulti) {
      feature.lists.begin = take_tensor(std::move(column.begin));
      feature.lists.end = take_tensor(std::move(column.end));
    }
    features.push_back(std::move(feature));
  }
  return features;
}

}  // namespace rechub
