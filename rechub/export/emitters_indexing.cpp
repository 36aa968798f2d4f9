// Operators that read or write at positions that are values themselves.
#include <string>

#include <ATen/ATen.h>

#include "rechub/export/emission.h"
#include "rechub/export/emitters.h"

namespace rechub {
namespace {

void embedding(Emission& e) { e.set(e.graph.add("Gather", {e.tensor("weight"), e.tensor("indices")}, {{"axis", int64_t{0}}})); }

void index_select(Emission& e) { e.set(e.graph.add("Gather", {e.tensor("self"), e.tensor("index")}, {{"axis", e.axis("self")}})); }

void gather(Emission& e) { e.set(e.graph.add("GatherElements", {e.tensor("self"), e.tensor("index")}, {{"axis", e.axis("self")}})); }

// Both sides are broadcast but along `dim`: `index` may have size 1 where `self` has more, and the other way round.
void take_along_dim(Emission& e) {
  if (!e.has("dim")) e.refuse("it needs a dimension");
  const int64_t axis = e.axis("self"), rank = e.rank("self");
  // The shape of the other side, with a 1 at `dim`, which keeps one's own size there.
  const auto shape_but_axis = [&](const char* argument) {
    std::vector<int64_t> mask(rank, 1);
    mask[axis] = 0;
    const std::string kept = e.graph.add("Mul", {e.graph.add("Shape", {e.tensor(argument)}), e.graph.integers(mask)});
    return e.graph.add("Max", {kept, e.graph.integers(std::vector<int64_t>(rank, 1))});
  };
  const std::string self = e.graph.add("Expand", {e.tensor("self"), shape_but_axis("indices")});
  const std::string index = e.graph.add("Expand", {e.tensor("indices"), shape_but_axis("self")});
  e.set(e.graph.add("GatherElements", {self, index}, {{"axis", axis}}));
}

// ONNX scatters a source of the index's shape.
std::string scattered_source(Emission& e) {
  if (e.example_sizes("src") != e.example_sizes("index")) e.refuse("the source must have the index's shape");
  return e.tensor("src");
}

void scatter(Emission& e) {
  std::string source;
  if (e.has("src")) {
    source = scattered_source(e);
  } else {
    source = e.graph.add("Expand", {e.tensor_as("value", e.output_type()), e.graph.add("Shape", {e.tensor("index")})});
  }
  e.set(e.graph.add("ScatterElements", {e.tensor("self"), e.tensor("index"), source}, {{"axis", e.axis("self")}}));
}

void scatter_add(Emission& e) {
  e.set(e.graph.add("ScatterElements", {e.tensor("self"), e.tensor("index"), scattered_source(e)}, {{"axis", e.axis("self")}, {"reduction", std::string("add")}}));
}

void one_hot(Emission& e) {
  const int64_t classes = e.integer("num_classes");
  if (classes < 1) e.refuse("the number of classes must be given");
  e.set(e.graph.add("OneHot", {e.tensor("self"), e.graph.scalar(static_cast<double>(classes), at::kLong), e.graph.integers({0, 1})}, {{"axis", int64_t{-1}}}));
}

constexpr EmitterEntry kEmitters[] = {
    {"aten::embedding", embedding}, {"aten::index_select", index_select}, {"aten::gather", gather},   {"aten::take_along_dim", take_along_dim},
    {"aten::scatter", scatter},     {"aten::scatter_add", scatter_add},   {"aten::one_hot", one_hot},
};

}  // namespace

std::span<const EmitterEntry> indexing_emitters() { return kEmitters; }

}  // namespace rechub
