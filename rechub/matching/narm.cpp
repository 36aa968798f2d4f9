#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const NARMArguments& arguments) {
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, arguments.dropout, "NARM");
  options["dim"] = at_least_one(arguments.embedding_dim, "embedding_dim", "NARM");
  options["hidden_size"] = at_least_one(arguments.hidden_size, "hidden_size", "NARM");
  options["num_layers"] = at_least_one(arguments.num_layers, "num_layers", "NARM");
  options["hidden_dropout"] = arguments.dropout;
  return MatchModel("narm", lay_out_features(arguments.user_features, arguments.item_features, true, "NARM"), options);
}

}  // namespace

NARM::NARM(const NARMArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
