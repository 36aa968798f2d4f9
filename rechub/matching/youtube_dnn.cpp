#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const YoutubeDNNArguments& arguments) {
  const FeatureLayout layout = lay_out_features(arguments.user_features, arguments.item_features, false, "YoutubeDNN");
  const TowerParams& user = checked_tower(arguments.user_params, "user_params", "YoutubeDNN");
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, user.dropout, "YoutubeDNN");
  options["dim"] = user.dims.back();
  options["user_dims"] = hidden_widths(user);
  options["activation"] = user.activation;
  if (layout.history) options["pooling"] = layout.history_pooling;
  return MatchModel("youtube_dnn", layout, options);
}

}  // namespace

YoutubeDNN::YoutubeDNN(const YoutubeDNNArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
