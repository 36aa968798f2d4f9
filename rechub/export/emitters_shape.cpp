// Operators that move values and compute none.
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "rechub/export/emission.h"
#include "rechub/export/emitters.h"

namespace rechub {
namespace {

constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

std::string shape_of(Emission& e, const char* argument) { return e.graph.add("Shape", {e.tensor(argument)}); }

void unsqueeze(Emission& e) {
  const int64_t dim = e.integer("dim");
  e.set(e.graph.unsqueeze(e.tensor("self"), dim < 0 ? dim + e.output_rank() : dim));
}

void squeeze(Emission& e) {
  if (!e.has("dim")) e.refuse("without dim it depends on the sizes");
  std::vector<int64_t> axes;
  const std::vector<int64_t> sizes = e.example_sizes("self");
  for (const int64_t axis : e.axes("self")) {
    if (sizes[axis] == 1) axes.push_back(axis);
  }
  e.set(axes.empty() ? e.tensor("self") : e.graph.add("Squeeze", {e.tensor("self"), e.graph.integers(axes)}));
}

void transpose(Emission& e) {
  std::vector<int64_t> order(e.rank("self"));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[e.axis("self", "dim0")], order[e.axis("self", "dim1")]);
  e.set(e.graph.transpose(e.tensor("self"), order));
}

void matrix_transpose(Emission& e) { e.set(e.rank("self") < 2 ? e.tensor("self") : e.graph.transpose(e.tensor("self"), {1, 0})); }

void permute(Emission& e) { e.set(e.graph.transpose(e.tensor("self"), e.axes("self", "dims"))); }

// A 0 in ONNX's Reshape copies a size; sizes here are what they say.
void reshape(Emission& e) {
  const std::vector<int64_t> shape = e.integers(e.has("shape") ? "shape" : "size");
  for (const int64_t size : shape) {
    if (size == 0) e.refuse("a size is 0");
  }
  e.set(e.graph.reshape(e.tensor("self"), shape));
}

void view_as(Emission& e) { e.set(e.graph.add("Reshape", {e.tensor("self"), shape_of(e, "other")})); }

// Dimensions begin .. end become one.
void flatten(Emission& e) {
  const int64_t rank = e.rank("self"), begin = e.axis("self", "start_dim"), end = e.axis("self", "end_dim");
  if (begin == end) return e.set(e.tensor("self"));
  const std::string shape = shape_of(e, "self");
  std::vector<std::string> parts;
  if (begin > 0) parts.push_back(e.graph.slice(shape, 0, 0, begin));
  parts.push_back(e.graph.integers({-1}));
  if (end + 1 < rank) parts.push_back(e.graph.slice(shape, 0, end + 1, kEnd));
  e.set(e.graph.add("Reshape", {e.tensor("self"), parts.size() == 1 ? parts[0] : e.graph.add("Concat", parts, {{"axis", int64_t{0}}})}));
}

// One dimension becomes several.
void unflatten(Emission& e) {
  const int64_t rank = e.rank("self"), dim = e.axis("self", "dim");
  const std::string shape = shape_of(e, "self");
  std::vector<std::string> parts;
  if (dim > 0) parts.push_back(e.graph.slice(shape, 0, 0, dim));
  parts.push_back(e.graph.integers(e.integers("sizes")));
  if (dim + 1 < rank) parts.push_back(e.graph.slice(shape, 0, dim + 1, kEnd));
  e.set(e.graph.add("Reshape", {e.tensor("self"), parts.size() == 1 ? parts[0] : e.graph.add("Concat", parts, {{"axis", int64_t{0}}})}));
}

void expand(Emission& e) {
  std::vector<int64_t> sizes = e.integers("size");
  for (int64_t& size : sizes) size = size == -1 ? 1 : size;  // -1 keeps a size, and so does 1 in ONNX, which broadcasts both ways
  e.set(e.graph.add("Expand", {e.tensor("self"), e.graph.integers(sizes)}));
}

void expand_as(Emission& e) { e.set(e.graph.add("Expand", {e.tensor("self"), shape_of(e, "other")})); }

void repeat(Emission& e) {
  const std::vector<int64_t> repeats = e.integers("repeats");
  std::string value = e.tensor("self");
  for (auto extra = static_cast<int64_t>(repeats.size()) - e.rank("self"); extra > 0; --extra) value = e.graph.unsqueeze(value, 0);
  e.set(e.graph.add("Tile", {value, e.graph.integers(repeats)}));
}

// Each slice along `dim` a constant number of times: [.., n, ..] to [.., n * repeats, ..].
void repeat_interleave(Emission& e) {
  if (!e.has("dim") || !e.is_number("repeats")) e.refuse("it takes a number of repeats and a dimension");
  const int64_t axis = e.axis("self"), rank = e.rank("self");
  std::vector<int64_t> repeats(rank + 1, 1);
  repeats[axis + 1] = e.integer("repeats");
  const std::string tiled = e.graph.add("Tile", {e.graph.unsqueeze(e.tensor("self"), axis + 1), e.graph.integers(repeats)});  // [.., n, repeats, ..]
  const std::string shape = shape_of(e, "self");
  std::vector<std::string> parts;
  if (axis > 0) parts.push_back(e.graph.slice(shape, 0, 0, axis));
  parts.push_back(e.graph.integers({-1}));
  if (axis + 1 < rank) parts.push_back(e.graph.slice(shape, 0, axis + 1, kEnd));
  e.set(e.graph.add("Reshape", {tiled, parts.size() == 1 ? parts[0] : e.graph.add("Concat", parts, {{"axis", int64_t{0}}})}));
}

void slice(Emission& e) {
  const int64_t step = e.integer_or("step", 1);
  if (step != 1) e.refuse("step must be 1");
  e.set(e.graph.slice(e.tensor("self"), e.axis("self"), e.integer_or("start", 0), e.integer_or("end", kEnd)));
}

void narrow(Emission& e) {
  const int64_t start = e.integer("start"), end = start + e.integer("length");
  e.set(e.graph.slice(e.tensor("self"), e.axis("self"), start, start < 0 && end == 0 ? kEnd : end));
}

void select(Emission& e) { e.set(e.graph.add("Gather", {e.tensor("self"), e.graph.scalar(static_cast<double>(e.integer("index")), at::kLong)}, {{"axis", e.axis("self")}})); }

void cat(Emission& e) {
  const std::vector<std::string> parts = e.tensors("tensors");
  const int64_t dim = e.integer("dim");
  e.set(e.graph.add("Concat", parts, {{"axis", dim < 0 ? dim + e.output_rank() : dim}}));
}

void stack(Emission& e) {
  const int64_t dim = e.integer("dim"), axis = dim < 0 ? dim + e.output_rank() : dim;
  std::vector<std::string> parts;
  for (const std::string& part : e.tensors("tensors")) parts.push_back(e.graph.unsqueeze(part, axis));
  e.set(e.graph.add("Concat", parts, {{"axis", axis}}));
}

// Pieces of the lengths given, end to end along `dim`.
void set_pieces(Emission& e, const std::vector<int64_t>& lengths) {
  std::vector<std::string> pieces;
  int64_t begin = 0;
  for (const int64_t length : lengths) {
    pieces.push_back(e.graph.slice(e.tensor("self"), e.axis("self"), begin, begin + length));
    begin += length;
  }
  e.set_list(pieces);
}

std::vector<int64_t> pieces_of(int64_t size, int64_t length) {
  std::vector<int64_t> lengths(size / length, length);
  if (size % length > 0) lengths.push_back(size % length);
  return lengths;
}

void split(Emission& e) {
  if (!e.has("split_size")) return set_pieces(e, e.integers("split_sizes"));
  set_pieces(e, pieces_of(e.example_sizes("self")[e.axis("self")], e.integer("split_size")));
}

void split_with_sizes(Emission& e) { set_pieces(e, e.integers("split_sizes")); }

void chunk(Emission& e) {
  const int64_t size = e.example_sizes("self")[e.axis("self")], chunks = e.integer("chunks");
  set_pieces(e, pieces_of(size, (size + chunks - 1) / chunks));
}

void unbind(Emission& e) {
  std::vector<std::string> parts;
  for (int64_t i = 0; i < e.example_sizes("self")[e.axis("self")]; ++i) {
    parts.push_back(e.graph.add("Gather", {e.tensor("self"), e.graph.scalar(static_cast<double>(i), at::kLong)}, {{"axis", e.axis("self")}}));
  }
  e.set_list(parts);
}

constexpr EmitterEntry kEmitters[] = {
    {"aten::unsqueeze", unsqueeze}, {"aten::squeeze", squeeze},     {"aten::transpose", transpose}, {"aten::t", matrix_transpose},
    {"aten::permute", permute},     {"aten::view", reshape},        {"aten::reshape", reshape},     {"aten::view_as", view_as},
    {"aten::reshape_as", view_as},  {"aten::flatten", flatten},     {"aten::unflatten", unflatten}, {"aten::expand", expand},
    {"aten::broadcast_to", expand}, {"aten::expand_as", expand_as}, {"aten::repeat", repeat},       {"aten::repeat_interleave", repeat_interleave},
    {"aten::slice", slice},         {"aten::narrow", narrow},       {"aten::select", select},       {"aten::cat", cat},
    {"aten::concat", cat},          {"aten::stack", stack},         {"aten::split", split},         {"aten::split_with_sizes", split_with_sizes},
    {"aten::chunk", chunk},         {"aten::unbind", unbind},
};

}  // namespace

std::span<const EmitterEntry> shape_emitters() { return kEmitters; }

}  // namespace rechub
