#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const YoutubeSBCArguments& arguments) {
  const FeatureLayout layout = lay_out_features(arguments.user_features, arguments.item_features, false, "YoutubeSBC");
  const TowerParams& item = arguments.item_params ? *arguments.item_params : arguments.user_params;
  return MatchModel("youtube_sbc", layout, two_tower_options({arguments.user_params, item, arguments.temperature, arguments.max_length}, layout, "YoutubeSBC"));
}

}  // namespace

YoutubeSBC::YoutubeSBC(const YoutubeSBCArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
