#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const SINEArguments& arguments) {
  return MatchModel("sine", lay_out_features(arguments.user_features, arguments.item_features, true, "SINE"), interest_options(arguments, "SINE"));
}

}  // namespace

SINE::SINE(const SINEArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
