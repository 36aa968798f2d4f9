#pragma once

#include <span>
#include <string_view>

namespace rechub {

class Emission;

// Writes one LibTorch operator as ONNX nodes.
using Emitter = void (*)(Emission&);

// A row of the tables of emitters. Operators are known by name; overloads of one name are one row, which asks the emission for the arguments there are.
struct EmitterEntry {
  const char* op;  // "aten::add"
  Emitter emit;
};

std::span<const EmitterEntry> arithmetic_emitters();
std::span<const EmitterEntry> shape_emitters();
std::span<const EmitterEntry> reduction_emitters();
std::span<const EmitterEntry> indexing_emitters();
std::span<const EmitterEntry> layer_emitters();

Emitter find_emitter(std::string_view op);  // nullptr for an operator of no table

}  // namespace rechub
