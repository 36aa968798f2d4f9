#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

namespace rechub {

// An ONNX model (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) as plain data: operator set 17, IR version 8, which runtimes since 2022 read.
inline constexpr int64_t kOnnxOpset = 17, kOnnxIrVersion = 8;

// TensorProto.DataType of a type; throws kInternal for one that is not exported.
int32_t onnx_data_type(at::ScalarType type);

struct OnnxAttribute {
  std::string name;
  std::variant<int64_t, float, std::string, std::vector<int64_t>> value;
};

struct OnnxNode {
  std::string op;
  std::vector<std::string> inputs, outputs;  // values by name; "" skips an optional input
  std::vector<OnnxAttribute> attributes;
};

// A constant by name: float32, float64, int32, int64 or bool.
struct OnnxInitializer {
  std::string name;
  at::Tensor value;
};

// An input or output. A dimension is a number, or a name for one that every call chooses anew.
struct OnnxValue {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<std::variant<int64_t, std::string>> shape;
};

struct OnnxModel {
  std::string name;
  std::vector<OnnxNode> nodes;  // each behind those whose outputs it reads
  std::vector<OnnxInitializer> initializers;
  std::vector<OnnxValue> inputs, outputs;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// From this many bytes of initializers on, they lie in a file of their own: a protobuf message may not reach 2 GiB.
inline constexpr int64_t kOnnxInlineBytes = int64_t{1} << 30;

// Writes `path` and, where the initializers have more than `inline_bytes`, those of 1 KiB and more to `path` + ".data" (ONNX external data, found by its name beside the model).
// Each file as a whole or not at all. Throws kData where it cannot be written.
void write_onnx(const std::string& path, const OnnxModel& model, int64_t inline_bytes = kOnnxInlineBytes);

// The bytes of a model that holds all its initializers.
std::string onnx_bytes(const OnnxModel& model);

}  // namespace rechub
