#include "rechub/export/graph_builder.h"

#include <algorithm>
#include <cctype>

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr int64_t kSmall = 16;  // values

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string GraphBuilder::unique(const std::string& name) {
  std::string chosen = name;
  while (!names_.insert(chosen).second) chosen = fmt::format("{}_{}", name, ++counts_[name]);
  return chosen;
}

std::string GraphBuilder::input(OnnxValue value) {
  value.name = unique(value.name);
  model_.inputs.push_back(value);
  return value.name;
}

void GraphBuilder::output(const std::string& value, OnnxValue as) {
  check(names_.insert(as.name).second, ErrorKind::kInternal, "two values of an exported graph are named {}", as.name);
  model_.nodes.push_back({"Identity", {value}, {as.name}, {}});
  model_.outputs.push_back(std::move(as));
}

std::string GraphBuilder::add(const std::string& op, std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes) {
  return add_many(op, std::move(inputs), 1, std::move(attributes))[0];
}

std::vector<std::string> GraphBuilder::add_many(const std::string& op, std::vector<std::string> inputs, size_t num_outputs, std::vector<OnnxAttribute> attributes) {
  std::vector<std::string> outputs;
  for (size_t i = 0; i < num_outputs; ++i) outputs.push_back(unique(lower_case(op)));
  model_.nodes.push_back({op, std::move(inputs), outputs, std::move(attributes)});
  return outputs;
}

std::string GraphBuilder::constant(const at::Tensor& value, const std::string& name) {
  const at::Tensor whole = value.detach().contiguous();
  if (whole.numel() > kSmall) {
    model_.initializers.push_back({unique(name), whole});
    return model_.initializers.back().name;
  }
  const std::string key =
      fmt::format("{} {} ", c10::toString(whole.scalar_type()), fmt::join(whole.sizes(), ",")) + std::string(static_cast<const char*>(whole.const_data_ptr()), whole.nbytes());
  std::string& known = small_constants_[key];
  if (known.empty()) {
    known = unique(name);
    model_.initializers.push_back({known, whole.clone()});
  }
  return known;
}

std::string GraphBuilder::scalar(double value, at::ScalarType type) { return constant(at::scalar_tensor(value, at::kDouble).to(type)); }

std::string GraphBuilder::integers(const std::vector<int64_t>& values) { return constant(at::tensor(values, at::kLong)); }

std::string GraphBuilder::cast(const std::string& value, at::ScalarType type) { return add("Cast", {value}, {{"to", int64_t{onnx_data_type(type)}}}); }

std::string GraphBuilder::transpose(const std::string& value, const std::vector<int64_t>& order) { return add("Transpose", {value}, {{"perm", order}}); }

std::string GraphBuilder::reshape(const std::string& value, const std::vector<int64_t>& shape) { return add("Reshape", {value, integers(shape)}); }

std::string GraphBuilder::unsqueeze(const std::string& value, int64_t axis) { return add("Unsqueeze", {value, integers({axis})}); }

std::string GraphBuilder::squeeze(const std::string& value, int64_t axis) { return add("Squeeze", {value, integers({axis})}); }

std::string GraphBuilder::slice(const std::string& value, int64_t axis, int64_t begin, int64_t end) {
  return add("Slice", {value, integers({begin}), integers({end}), integers({axis})});
}

OnnxModel GraphBuilder::finish() {
  std::set<std::string> read;
  for (const OnnxNode& node : model_.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  std::erase_if(model_.initializers, [&](const OnnxInitializer& initializer) { return !read.contains(initializer.name); });
  return std::move(model_);
}

}  // namespace rechub
