#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const GRU4RecArguments& arguments) {
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, arguments.dropout, "GRU4Rec");
  options["dim"] = at_least_one(arguments.embedding_dim, "embedding_dim", "GRU4Rec");
  options["hidden_size"] = at_least_one(arguments.hidden_size, "hidden_size", "GRU4Rec");
  options["num_layers"] = at_least_one(arguments.num_layers, "num_layers", "GRU4Rec");
  options["hidden_dropout"] = arguments.dropout;
  return MatchModel("gru4rec", lay_out_features(arguments.user_features, arguments.item_features, true, "GRU4Rec"), options);
}

}  // namespace

GRU4Rec::GRU4Rec(const GRU4RecArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
