#include "rechub/base/error.h"
#include "rechub/data/vocabulary.h"
#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

// The item's ids, and all that share their table, are 0 to n_items - 1 instead of what vocab_size says.
void count_items(int64_t n_items, FeatureLayout& layout) {
  const std::string space = layout.item[layout.item_id].spec.space;
  const auto recount = [&](LaidOutFeature& feature) {
    if (feature.spec.space != space) return;
    feature.vocab_size = n_items;
    feature.spec.rows = n_items + kFirstIndex;
  };
  for (std::vector<LaidOutFeature>* side : {&layout.user, &layout.item}) {
    for (LaidOutFeature& feature : *side) recount(feature);
  }
  if (layout.history) layout.history->vocab_size = n_items, layout.history->spec.rows = n_items + kFirstIndex;
}

MatchModel make(const MINDArguments& arguments) {
  FeatureLayout layout = lay_out_features(arguments.user_features, arguments.item_features, true, "MIND");
  check(arguments.n_items >= 0, ErrorKind::kUsage, "MIND: n_items should be 1 or more, or 0 to take the item id's vocab_size, got {}", arguments.n_items);
  if (arguments.n_items > 0) count_items(arguments.n_items, layout);
  const TowerParams& user = checked_tower(arguments.user_params, "user_params", "MIND");
  nlohmann::json options = shared_options(arguments.temperature, arguments.max_length, user.dropout, "MIND");
  options["dim"] = user.dims.back();
  options["user_dims"] = hidden_widths(user);
  options["activation"] = user.activation;
  options["n_interest"] = at_least_one(arguments.n_interest, "n_interest", "MIND");
  return MatchModel("mind", layout, options);
}

}  // namespace

MIND::MIND(const MINDArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
