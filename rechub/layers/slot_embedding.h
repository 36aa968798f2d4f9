#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "rechub/layers/parameters.h"
#include "rechub/ops/window_pairs.h"

namespace rechub {

// A learnt vector for each place in a history. "newest" counts places from the newest event (0), so that where a long history is cut never shifts them; "oldest" from the oldest
// event that is used, as left-aligned sequences are numbered; "none" has no vectors.
class SlotEmbedding {
 public:
  // Throws kUsage for an unknown kind. `max_length`: no window is longer.
  SlotEmbedding(const std::string& kind, int64_t max_length, int64_t width, const std::string& name, ParameterSet& parameters);

  bool is_used() const { return table_.defined(); }
  // Of each pair, counted in its window: pairs [.., width]. Only where is_used().
  at::Tensor forward(const WindowPairs& pairs) const;
  // The same after the linear map `weight` [out, width], which is applied to the places, not to the pairs: pairs [.., out].
  at::Tensor forward(const WindowPairs& pairs, const at::Tensor& weight) const;

 private:
  at::Tensor slots(const WindowPairs& pairs) const;
  bool from_newest_;
  at::Tensor table_;  // [max_length, width]
};

}  // namespace rechub
