#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/export/onnx_model.h"
#include "rechub/export/tower_inputs.h"
#include "rechub/models/model.h"

namespace rechub {

class GraphBuilder;

// A trained model's encoders as ONNX graphs, made by tracing the encoders themselves (traced_graph.h): one graph for every batch size and length, equal to the packed path.
// Throws kInternal where a model runs an operator that has no ONNX form yet, or reads a size as a number.
class TowerExporter {
 public:
  // `items`: all rows of the item space, in order, by dense index. Histories look them up in the table of encoded items, which becomes a constant of the graph.
  TowerExporter(const Model& model, const Schema& schema, const ParameterSet& parameters, ItemBatch items);

  // Gives a tower its inputs: adds inputs of its own and what turns them into the tower's, and names those in order.
  using InputAdapter = std::function<std::vector<std::string>(GraphBuilder& graph)>;

  // Makes a tower's vectors, whose sizes are `sizes` for an example, outputs of the graph.
  using OutputAdapter = std::function<void(GraphBuilder& graph, const std::string& vectors, at::IntArrayRef sizes)>;

  OnnxModel user_tower(const InputAdapter& inputs = {}, const OutputAdapter& output = {}) const;  // UserTowerInputs -> user_vectors [batch, Q, D]
  OnnxModel item_tower(const InputAdapter& inputs = {}, const OutputAdapter& output = {}) const;  // ItemTowerInputs -> item_vectors [items, D]

  // The user tower and, behind it, exact search over item_vectors [item_rows, D]:
  //
  //     ... , exclude int64 [B, X] (item rows that shall not be returned, 0 pads), k int64 [1] -> items int64 [B, k], scores float [B, k]
  //
  // Best first by the dot product, the maximum over Q. Never the two reserved rows. Fewer than k items: -1 and -inf; a k beyond the catalogue gives the catalogue.
  OnnxModel retrieval(const at::Tensor& item_vectors) const;

  const UserTowerInputs& user_inputs() const { return user_inputs_; }
  const ItemTowerInputs& item_inputs() const { return item_inputs_; }

 private:
  NamedConstants parameters() const;

  const Model& model_;
  const ParameterSet& parameters_;
  ItemBatch items_;
  UserTowerInputs user_inputs_;
  ItemTowerInputs item_inputs_;
};

}  // namespace rechub
