#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rechub/export/onnx_model.h"

namespace rechub {

// Puts an OnnxModel together, node by node. Values are strings: the names that nodes read and write.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::string name) { model_.name = std::move(name); }

  std::string input(OnnxValue value);
  // Names a value as an output of the graph.
  void output(const std::string& value, OnnxValue as);

  // A node with one output, or with several, whose names come back in order.
  std::string add(const std::string& op, std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes = {});
  std::vector<std::string> add_many(const std::string& op, std::vector<std::string> inputs, size_t num_outputs, std::vector<OnnxAttribute> attributes = {});

  // An initializer. Small ones that are equal are one; `name` is made unique.
  std::string constant(const at::Tensor& value, const std::string& name = "constant");
  std::string scalar(double value, at::ScalarType type);     // without dimensions
  std::string integers(const std::vector<int64_t>& values);  // int64 [n]

  std::string cast(const std::string& value, at::ScalarType type);
  std::string transpose(const std::string& value, const std::vector<int64_t>& order);
  std::string reshape(const std::string& value, const std::vector<int64_t>& shape);  // -1: what is left
  std::string unsqueeze(const std::string& value, int64_t axis);
  std::string squeeze(const std::string& value, int64_t axis);
  std::string slice(const std::string& value, int64_t axis, int64_t begin, int64_t end);

  // The model, without the initializers that no node reads. Ends the builder.
  OnnxModel finish();

 private:
  std::string unique(const std::string& name);

  OnnxModel model_;
  std::set<std::string> names_;
  std::map<std::string, std::string> small_constants_;  // by type, shape and bytes
  std::map<std::string, int64_t> counts_;
};

}  // namespace rechub
