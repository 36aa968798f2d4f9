#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const STAMPArguments& arguments) {
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, arguments.dropout, "STAMP");
  options["dim"] = at_least_one(arguments.embedding_dim, "embedding_dim", "STAMP");
  options["hidden_size"] = at_least_one(arguments.hidden_size, "hidden_size", "STAMP");
  options["hidden_dropout"] = arguments.dropout;
  return MatchModel("stamp", lay_out_features(arguments.user_features, arguments.item_features, true, "STAMP"), options);
}

}  // namespace

STAMP::STAMP(const STAMPArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
