#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const ComirecSAArguments& arguments) {
  return MatchModel("comirec_sa", lay_out_features(arguments.user_features, arguments.item_features, true, "ComirecSA"), interest_options(arguments, "ComirecSA"));
}

}  // namespace

ComirecSA::ComirecSA(const ComirecSAArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
