#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/data/batch.h"
#include "rechub/ops/windows.h"

namespace rechub {

// One feature of a batch as tensors. Codes number the rows of the space's leaf.
struct FeatureTensor {
  at::Tensor codes;   // kSparse: int64 [rows]; kMulti: the lists end to end
  Windows lists;      // kMulti: one window a row
  at::Tensor values;  // kDense: [rows, width]
};
using FeatureTensors = std::vector<FeatureTensor>;

FeatureTensors make_feature_tensors(BatchColumns columns);

// A tensor that takes over the vector's memory: [size], int64 or float32.
at::Tensor take_tensor(std::vector<int64_t> values);
at::Tensor take_tensor(std::vector<float> values);

}  // namespace rechub
