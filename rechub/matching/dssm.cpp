#include "rechub/base/error.h"
#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

nlohmann::json options_of(const DSSMArguments& arguments, const FeatureLayout& layout) {
  const TowerParams& user = checked_tower(arguments.user_params, "user_params", "DSSM");
  const TowerParams& item = checked_tower(arguments.item_params, "item_params", "DSSM");
  check(user.dims.back() == item.dims.back(), ErrorKind::kUsage, "DSSM: both towers end in vectors of one width, but the last of user_params' dims is {} and of item_params' {}",
        user.dims.back(), item.dims.back());
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, user.dropout, "DSSM");
  options["dim"] = user.dims.back();
  options["user_dims"] = hidden_widths(user);
  options["item_dims"] = hidden_widths(item);
  options["activation"] = user.activation;
  options["item_activation"] = item.activation;
  options["item_dropout"] = item.dropout;
  options["embedding_dim"] = layout.item_width();  // the item tower reads the features as they are
  if (layout.history) options["pooling"] = layout.history_pooling;
  return options;
}

MatchModel make(const DSSMArguments& arguments) {
  const FeatureLayout layout = lay_out_features(arguments.user_features, arguments.item_features, false, "DSSM");
  return MatchModel("dssm", layout, options_of(arguments, layout));
}

}  // namespace

DSSM::DSSM(const DSSMArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
