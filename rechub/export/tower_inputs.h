#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/export/onnx_model.h"
#include "rechub/export/traced_graph.h"
#include "rechub/models/model.h"

namespace rechub {

// An input of an exported graph.
struct TowerInput {
  OnnxValue value;
  int64_t bound = 0;           // codes lie below it; 0 for numbers and for lengths
  std::string counts;          // lengths: the dimension they count
  nlohmann::json description;  // for the graph's reader: what it holds and how raw values become its numbers
};

// The padded inputs of the user tower and the way from them to a UserBatch. Letters as in model.h, L padded length of histories, M padded length of a list:
//
//     history int64 [B, L], lengths int64 [B]   item rows, oldest first, behind them padding that is never read
//     history_NAME, user_NAME, context_NAME     a feature: codes int64 [B(, L)], of lists [B(, L), M] with NAME_lengths [B(, L)] beside; numbers float [B(, L), width]
//     user int64 [B]                            row of the user, where the model embeds users
//
// Of a history longer than max_length the newest max_length events count, as everywhere.
class UserTowerInputs {
 public:
  UserTowerInputs(const Schema& schema, const ModelOptions& options);
  const std::vector<TowerInput>& inputs() const { return inputs_; }
  // Sets all of `batch` but its items. Reads no size as a number.
  void fill(const std::vector<at::Tensor>& values, UserBatch& batch) const;

 private:
  Schema schema_;
  int64_t max_length_;
  bool user_id_;
  std::vector<TowerInput> inputs_;
};

// The inputs of the item tower: item int64 [N] (row of the item, where items have embeddings) and item_NAME as above.
class ItemTowerInputs {
 public:
  explicit ItemTowerInputs(const Schema& schema);
  const std::vector<TowerInput>& inputs() const { return inputs_; }
  ItemBatch batch(const std::vector<at::Tensor>& values) const;

 private:
  Schema schema_;
  std::vector<TowerInput> inputs_;
};

// Random inputs of two sizes that a graph may get.
TraceExamples make_examples(const std::vector<TowerInput>& inputs);

}  // namespace rechub
