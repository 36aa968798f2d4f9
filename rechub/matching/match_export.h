#pragma once

#include <string>

#include "rechub/matching/columns.h"
#include "rechub/matching/match_model.h"

namespace rechub::matching {

// Writes the tower of users or items (mode "user" or "item") as an ONNX graph that takes columns as the loaders do, each under its feature's name: ids int64 [rows], numbers
// float32 [rows, embed_dim], lists int64 [rows, length] with zeros at either end. Its output is what MatchTrainer::inference_embedding gives: `user_vectors` or `item_vectors`,
// float32 [rows, dim], of models with several vectors a user [rows, vectors, dim].
//
// `catalogue` (may be null): what is known of the items that histories hold. It becomes part of the graph, for every id below vocab_size. Throws kUsage for another mode, kData
// where the file cannot be written, and as find_column does.
void export_tower(const MatchModel& model, const std::string& mode, const Columns* catalogue, const std::string& path);

}  // namespace rechub::matching
