#include "rechub/matching/arguments.h"

namespace rechub::matching {
namespace {

MatchModel make(const ComirecDRArguments& arguments) {
  return MatchModel("comirec_dr", lay_out_features(arguments.user_features, arguments.item_features, true, "ComirecDR"), interest_options(arguments, "ComirecDR"));
}

}  // namespace

ComirecDR::ComirecDR(const ComirecDRArguments& arguments) : MatchModel(make(arguments)) {}

}  // namespace rechub::matching
