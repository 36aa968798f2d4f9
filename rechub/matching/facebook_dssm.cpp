#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const FaceBookDSSMArguments& arguments) {
  const FeatureLayout layout = lay_out_features(arguments.user_features, arguments.item_features, false, "FaceBookDSSM");
  return MatchModel("facebook_dssm", layout,
                    two_tower_options({arguments.user_params, arguments.item_params, arguments.temperature, arguments.max_length}, layout, "FaceBookDSSM"));
}

}  // namespace

FaceBookDSSM::FaceBookDSSM(const FaceBookDSSMArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
