#include "rechub/export/onnx_model.h"

#include <filesystem>
#include <map>
#include <string_view>

#include <ATen/ATen.h>
#include <protozero/pbf_writer.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"

namespace rechub {
namespace {

using Tag = protozero::pbf_tag_type;
using Writer = protozero::pbf_writer;

// Field numbers of onnx.proto.
enum ModelField : Tag { kIrVersion = 1, kProducerName = 2, kProducerVersion = 3, kGraph = 7, kOpsetImport = 8, kMetadata = 14 };
enum OpsetField : Tag { kOpsetVersion = 2 };
enum GraphField : Tag { kNode = 1, kGraphName = 2, kInitializer = 5, kInput = 11, kOutput = 12 };
enum NodeField : Tag { kNodeInput = 1, kNodeOutput = 2, kNodeName = 3, kOpType = 4, kAttribute = 5 };
enum AttributeField : Tag { kAttributeName = 1, kFloat = 2, kInt = 3, kString = 4, kInts = 8, kAttributeType = 20 };
enum AttributeType : int32_t { kTypeFloat = 1, kTypeInt = 2, kTypeString = 3, kTypeInts = 7 };
enum TensorField : Tag { kDims = 1, kDataType = 2, kTensorName = 8, kRawData = 9, kExternalData = 13, kDataLocation = 14 };
enum ValueField : Tag { kValueName = 1, kValueType = 2 };
enum TypeField : Tag { kTensorType = 1 };
enum TensorTypeField : Tag { kElementType = 1, kShape = 2 };
enum ShapeField : Tag { kDimension = 1 };
enum DimensionField : Tag { kDimensionValue = 1, kDimensionName = 2 };
enum PairField : Tag { kKey = 1, kPairValue = 2 };

constexpr int32_t kExternal = 1;  // TensorProto.DataLocation
constexpr int64_t kSmallestExternal = 1 << 10;
constexpr int64_t kPage = 4096;  // external tensors begin on one, so that they can be mapped

void add_pair(Writer& parent, Tag field, const std::string& key, const std::string& value) {
  Writer pair(parent, field);
  pair.add_string(kKey, key);
  pair.add_string(kPairValue, value);
}

void add_attribute(Writer& node, const OnnxAttribute& attribute) {
  Writer writer(node, kAttribute);
  writer.add_string(kAttributeName, attribute.name);
  if (const auto* number = std::get_if<int64_t>(&attribute.value)) {
    writer.add_int64(kInt, *number);
    writer.add_enum(kAttributeType, kTypeInt);
  } else if (const auto* real = std::get_if<float>(&attribute.value)) {
    writer.add_float(kFloat, *real);
    writer.add_enum(kAttributeType, kTypeFloat);
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    writer.add_bytes(kString, *text);
    writer.add_enum(kAttributeType, kTypeString);
  } else {
    for (const int64_t number : std::get<std::vector<int64_t>>(attribute.value)) writer.add_int64(kInts, number);
    writer.add_enum(kAttributeType, kTypeInts);
  }
}

void add_node(Writer& graph, const OnnxNode& node) {
  Writer writer(graph, kNode);
  for (const std::string& input : node.inputs) writer.add_string(kNodeInput, input);
  for (const std::string& output : node.outputs) writer.add_string(kNodeOutput, output);
  writer.add_string(kNodeName, node.outputs.at(0));
  writer.add_string(kOpType, node.op);
  for (const OnnxAttribute& attribute : node.attributes) add_attribute(writer, attribute);
}

void add_value(Writer& graph, GraphField field, const OnnxValue& value) {
  Writer writer(graph, field);
  writer.add_string(kValueName, value.name);
  Writer type(writer, kValueType);
  Writer tensor(type, kTensorType);
  tensor.add_enum(kElementType, onnx_data_type(value.type));
  Writer shape(tensor, kShape);
  for (const auto& size : value.shape) {
    Writer dimension(shape, kDimension);
    if (const auto* number = std::get_if<int64_t>(&size)) {
      dimension.add_int64(kDimensionValue, *number);
    } else {
      dimension.add_string(kDimensionName, std::get<std::string>(size));
    }
  }
}

// Where an initializer lies: in the message, or at an offset of a file.
struct Place {
  std::string file;
  int64_t offset = 0;
};

void add_initializer(Writer& graph, const OnnxInitializer& initializer, const Place* place) {
  const at::Tensor value = initializer.value.detach().contiguous();
  Writer writer(graph, kInitializer);
  for (const int64_t size : value.sizes()) writer.add_int64(kDims, size);
  writer.add_enum(kDataType, onnx_data_type(value.scalar_type()));
  writer.add_string(kTensorName, initializer.name);
  if (!place) {
    writer.add_bytes(kRawData, static_cast<const char*>(value.const_data_ptr()), value.nbytes());
    return;
  }
  add_pair(writer, kExternalData, "location", place->file);
  add_pair(writer, kExternalData, "offset", std::to_string(place->offset));
  add_pair(writer, kExternalData, "length", std::to_string(value.nbytes()));
  writer.add_enum(kDataLocation, kExternal);
}

std::string bytes_of(const OnnxModel& model, const std::map<std::string, Place>& external) {
  std::string bytes;
  Writer writer(bytes);
  writer.add_int64(kIrVersion, kOnnxIrVersion);
  writer.add_string(kProducerName, "rechub");
  {
    Writer opset(writer, kOpsetImport);
    opset.add_int64(kOpsetVersion, kOnnxOpset);
  }
  for (const auto& [key, value] : model.metadata) add_pair(writer, kMetadata, key, value);
  Writer graph(writer, kGraph);
  for (const OnnxNode& node : model.nodes) add_node(graph, node);
  graph.add_string(kGraphName, model.name);
  for (const OnnxInitializer& initializer : model.initializers) {
    const auto found = external.find(initializer.name);
    add_initializer(graph, initializer, found == external.end() ? nullptr : &found->second);
  }
  for (const OnnxValue& value : model.inputs) add_value(graph, kInput, value);
  for (const OnnxValue& value : model.outputs) add_value(graph, kOutput, value);
  graph.commit();
  return bytes;
}

std::map<std::string, Place> write_external(const std::string& path, const OnnxModel& model) {
  std::map<std::string, Place> places;
  AtomicFile file(path);
  for (const OnnxInitializer& initializer : model.initializers) {
    const at::Tensor value = initializer.value.detach().contiguous();
    if (static_cast<int64_t>(value.nbytes()) < kSmallestExternal) continue;
    file.write(std::string(static_cast<size_t>((kPage - file.size() % kPage) % kPage), '\0'));
    places[initializer.name] = {std::filesystem::path(path).filename().string(), file.size()};
    file.write(std::string_view(static_cast<const char*>(value.const_data_ptr()), value.nbytes()));
  }
  file.commit();
  return places;
}

}  // namespace

int32_t onnx_data_type(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return 1;
    case at::kInt:
      return 6;
    case at::kLong:
      return 7;
    case at::kBool:
      return 9;
    case at::kDouble:
      return 11;
    default:
      fail(ErrorKind::kInternal, "values of type {} are not exported to ONNX", c10::toString(type));
  }
}

std::string onnx_bytes(const OnnxModel& model) { return bytes_of(model, {}); }

void write_onnx(const std::string& path, const OnnxModel& model, int64_t inline_bytes) {
  int64_t total = 0;
  for (const OnnxInitializer& initializer : model.initializers) total += static_cast<int64_t>(initializer.value.nbytes());
  std::map<std::string, Place> external;
  if (total > inline_bytes) external = write_external(path + ".data", model);
  write_file(path, bytes_of(model, external));
}

}  // namespace rechub
