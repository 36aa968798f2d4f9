#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const DSSMArguments& arguments) {
  const FeatureLayout layout = lay_out_features(arguments.user_features, arguments.item_features, false, "DSSM");
  return MatchModel("dssm", layout, two_tower_options({arguments.user_params, arguments.item_params, arguments.temperature, arguments.max_length}, layout, "DSSM"));
}

}  // namespace

DSSM::DSSM(const DSSMArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
