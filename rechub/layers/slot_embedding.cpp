#include "rechub/layers/slot_embedding.h"

#include <ATen/ATen.h>

#include "rechub/base/error.h"

namespace rechub {

SlotEmbedding::SlotEmbedding(const std::string& kind, int64_t max_length, int64_t width, const std::string& name, ParameterSet& parameters) : from_newest_(kind == "newest") {
  check(kind == "newest" || kind == "oldest" || kind == "none", ErrorKind::kUsage, "positions should be newest, oldest or none, got '{}'", kind);
  if (kind != "none") table_ = parameters.add(name, {max_length, width}, Init::xavier_normal());
}

at::Tensor SlotEmbedding::slots(const WindowPairs& pairs) const { return from_newest_ ? pairs.steps_from_end() : pairs.steps_from_begin(); }

at::Tensor SlotEmbedding::forward(const WindowPairs& pairs) const { return at::embedding(table_, slots(pairs)); }

at::Tensor SlotEmbedding::forward(const WindowPairs& pairs, const at::Tensor& weight) const { return at::embedding(at::linear(table_, weight), slots(pairs)); }

}  // namespace rechub
