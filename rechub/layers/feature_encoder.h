#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/data/feature_statistics.h"
#include "rechub/data/feature_table.h"
#include "rechub/layers/encode_context.h"
#include "rechub/layers/feature_tensors.h"
#include "rechub/layers/parameters.h"

namespace rechub {

// Turns feature columns into one wide vector: embeddings of sparse features, pooled embeddings of multi-valued ones, standardised numbers, concatenated in the order of the specs.
// Features that share a space and a width share one table ("shared_with").
class FeatureEncoder {
 public:
  // `default_dim`: embedding width of features that ask for none (embed_dim 0); it is capped at 6 * rows^(1/4), rounded up to a multiple of 4. Those of
  // features over the catalogue take the width of the item table that is there, and so that table. Parameter names start with `prefix`.
  FeatureEncoder(const std::vector<FeatureSpec>& specs, const FeatureStatistics& statistics, int64_t default_dim, const std::string& prefix, ParameterSet& parameters);

  int64_t width() const { return width_; }
  const std::vector<InputBlock>& blocks() const { return blocks_; }  // a feature each, named "PREFIX.NAME"
  // [rows, width]; undefined when there are no features.
  at::Tensor forward(const FeatureTensors& features, EncodeContext& context) const;

 private:
  struct Column {
    FeatureKind kind;
    int64_t table = -1;
    std::string pooling;
    bool is_log = false;
    at::Tensor shift, mean, inverse_deviation;  // buffers, kDense
  };
  std::vector<Column> columns_;
  std::vector<InputBlock> blocks_;
  int64_t width_ = 0;
};

}  // namespace rechub
