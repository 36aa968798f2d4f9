#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/layers/dense_layers.h"
#include "rechub/layers/encode_context.h"
#include "rechub/ops/windows.h"

namespace rechub {

struct AttentionBlockOptions {
  int64_t dim = 64;         // D
  int64_t num_heads = 1;    // divides dim
  int64_t hidden_size = 0;  // inner width of the feed-forward network; 0: dim
  double dropout = 0;
  std::string activation = "relu";  // of the feed-forward network
  bool is_original = false;         // SASRec's authors' code: the residual adds the normalised queries, and there is no output projection
};

// A block of SASRec (Kang and McAuley, ICDM 2018) over sequences that do not overlap; a position sees itself and what comes before it in its own sequence.
//
//   x = LN(x + Attention(LN(x), x, x));   x = x + W2 drop(act(W1 x))
class AttentionBlock {
 public:
  AttentionBlock(const AttentionBlockOptions& options, const std::string& name, ParameterSet& parameters);
  at::Tensor forward(const at::Tensor& x, const Windows& sequences, EncodeContext& context) const;  // [P, D] -> [P, D]

 private:
  AttentionBlockOptions options_;
  LayerNorm attention_norm_, feed_forward_norm_;
  Linear query_, key_, value_;
  std::optional<Linear> output_;
  Linear inner_, outer_;
  Activation activation_;
};

}  // namespace rechub
