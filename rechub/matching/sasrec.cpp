#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const SASRecArguments& arguments) {
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, arguments.dropout, "SASRec");
  options["dim"] = at_least_one(arguments.embedding_dim, "embedding_dim", "SASRec");
  options["num_heads"] = heads_that_divide(arguments.num_heads, arguments.embedding_dim, "SASRec");
  options["num_layers"] = at_least_one(arguments.num_layers, "num_layers", "SASRec");
  options["hidden_size"] = at_least_one(arguments.hidden_size, "hidden_size", "SASRec");
  return MatchModel("sasrec", lay_out_features(arguments.user_features, arguments.item_features, true, "SASRec"), options);
}

}  // namespace

SASRec::SASRec(const SASRecArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
